import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "#/kernel/errors";
import { originAllowed, wantsPage } from "#/kernel/http";
import { chooseNext } from "#/modules/forms/intake/choose-next";
import { chooseLanguage } from "#/modules/forms/intake/negotiate";
import { newPageId, readIdempotencyKey, readPageId } from "#/modules/forms/intake/retry-identifier";
import { waitInWords } from "#/modules/forms/pages/wait-in-words";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const urlencoded = "application/x-www-form-urlencoded";

describe("who gets a page", () => {
  test.each([
    [
      "a browser that navigates",
      { accept: browser, "content-type": urlencoded, "sec-fetch-mode": "navigate" },
    ],
    ["a browser that says nothing of its mode", { accept: browser, "content-type": urlencoded }],
    ["a browser that asks for a form", { accept: browser }],
    ["html as good as JSON", { accept: "application/json, text/html" }],
    ["html in capitals", { accept: "TEXT/HTML" }],
  ])("%s does", (_title, headers) => {
    expect(wantsPage(new Headers(headers as Record<string, string>))).toBe(true);
  });

  test.each([
    ["a JSON body", { accept: browser, "content-type": "application/json; charset=utf-8" }],
    ["XMLHttpRequest", { accept: browser, "x-requested-with": "XMLHttpRequest" }],
    ["fetch", { accept: browser, "sec-fetch-mode": "cors" }],
    ["no-cors fetch", { accept: browser, "sec-fetch-mode": "no-cors" }],
    ["no Accept", {}],
    ["anything", { accept: "*/*" }],
    ["any text", { accept: "text/*" }],
    ["JSON rather than html", { accept: "text/html;q=0.5, application/json" }],
    ["anything rather than html", { accept: "text/html;q=0.5, */*;q=0.8" }],
    ["html refused", { accept: "text/html;q=0" }],
    ["a weight that is none", { accept: "text/html;q=high" }],
  ])("%s does not", (_title, headers) => {
    expect(wantsPage(new Headers(headers as Record<string, string>))).toBe(false);
  });
});

describe("the language", () => {
  test.each([
    ["the one asked for", "de", "en", "en", "de"],
    ["a region of it", "de-AT", null, undefined, "de"],
    ["the browser's where the one asked for is not spoken", "fr", "de-CH,de;q=0.9,en;q=0.8", "en", "de"],
    ["the browser's by weight", undefined, "en;q=0.2, de;q=0.7, fr", undefined, "de"],
    ["none that the browser refuses", undefined, "de;q=0", "en", "en"],
    ["the form's", undefined, "fr, *", "de", "de"],
    ["English at last", undefined, null, "fr", "en"],
    ["not an inherited name", "constructor", "toString", "__proto__", "en"],
  ])("is %s", (_title, asked, acceptLanguage, form, expected) => {
    expect(chooseLanguage(asked, acceptLanguage, form)).toBe(expected as "en");
  });
});

describe("listed origins", () => {
  const list = [
    "https://example.com",
    " https://*.shop.example ",
    "http://localhost:3000",
    "nonsense",
    "https://*",
    "null",
  ];
  test.each([
    ["https://example.com", true],
    ["https://www.example.com", true],
    ["https://EXAMPLE.com", true],
    ["https://example.com:443", true],
    ["http://example.com", false],
    ["https://example.com:8443", false],
    ["https://sub.example.com", false],
    ["https://example.com.evil.com", false],
    ["https://evil-example.com", false],
    ["https://a.shop.example", true],
    ["https://a.b.shop.example", true],
    ["https://shop.example", false],
    ["https://evilshop.example", false],
    ["http://a.shop.example", false],
    ["http://localhost:3000", true],
    ["http://localhost", false],
    ["null", false],
    ["nonsense", false],
    ["", false],
    ["file:///example.com", false],
  ])("%s: %p", (origin, expected) => {
    expect(originAllowed(origin, list, undefined)).toBe(expected);
  });
});

describe("where to go next", () => {
  const list = ["https://www.example.com", "https://*.shop.example"];
  const isListed = (origin: string) => originAllowed(origin, list, undefined);
  const listed = { publicUrl: "https://api.example.com/base/", isListed };
  const open = {
    publicUrl: "https://api.example.com",
    isListed: undefined,
    postedFrom: "https://site.example",
  };

  test.each([
    ["/thanks?a=1#b", listed, "https://api.example.com/thanks?a=1#b"],
    ["thanks", listed, "https://api.example.com/base/thanks"],
    ["https://example.com/danke schön", listed, "https://example.com/danke%20sch%C3%B6n"],
    ["https://a.shop.example/x", listed, "https://a.shop.example/x"],
    ["https://site.example/x", open, "https://site.example/x"],
    ["/x", { publicUrl: undefined, isListed: undefined }, "/x"],
    ["https://example.com/x", { publicUrl: undefined, isListed }, "https://example.com/x"],
    ["/a\r\nSet-Cookie: b", listed, "https://api.example.com/aSet-Cookie:%20b"],
  ])("%j is followed", (value, places, expected) => {
    expect(chooseNext(value, places)).toBe(expected);
  });

  test.each([
    ["//evil.example/x", listed],
    ["/\\evil.example", listed],
    ["\\\\evil.example", listed],
    ["https:evil.example", { ...listed, publicUrl: "http://api.example.com" }],
    ["https://www.example.com@evil.example/", listed],
    ["https://user:pass@www.example.com/", listed],
    ["https://www.example.com.evil.example/", listed],
    ["javascript:alert(1)", listed],
    ["data:text/html,x", listed],
    ["ftp://www.example.com/", listed],
    ["https://site.example/x", { ...open, isListed }],
    ["https://other.example/x", open],
    ["https://other.example/x", { publicUrl: undefined, isListed: undefined }],
    ["/.//evil.example", { publicUrl: undefined, isListed: undefined }],
    [`/${"x".repeat(2048)}`, listed],
    ["https://[", listed],
    [undefined, listed],
  ])("%j is ignored", (value, places) => {
    expect(chooseNext(value, places)).toBeUndefined();
  });

  test("never leads away from the accepted origins, and is safe in a header", () => {
    const pieces = [
      "https:",
      "http:",
      "//",
      "/",
      "\\",
      "@",
      ":",
      ".",
      "..",
      "%2f",
      "evil.example",
      "www.example.com",
      "api.example.com",
      "gatehouse.invalid",
      "?",
      "#",
      "\t",
      "\n",
      " ",
      "[::1]",
      "ä",
      "javascript:",
    ];
    const value = fc.oneof(
      fc.webUrl(),
      fc.string(),
      fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((all) => all.join("")),
    );
    const accepted = [
      "https://api.example.com",
      "https://www.example.com",
      "https://example.com",
      "https://site.example",
    ];
    const places = fc.constantFrom(
      listed,
      open,
      { publicUrl: undefined, isListed },
      { publicUrl: undefined, isListed: undefined },
    );
    let followed = 0;

    fc.assert(
      fc.property(value, places, (text, where) => {
        const next = chooseNext(text, where);

        if (next === undefined) return;
        followed++;
        expect(next).toMatch(/^[\x21-\x7e]+$/);
        expect([...accepted, "https://own.example"]).toContain(
          new URL(next, where.publicUrl ?? "https://own.example").origin,
        );
      }),
      { numRuns: 3000 },
    );
    expect(followed).toBeGreaterThan(100);
  });
});

describe("retry keys", () => {
  test.each(["k", "k".repeat(255), "a-b_c:!~"])("takes the header %s", (key) => {
    expect(readIdempotencyKey(key)).toBe(key);
  });

  test.each(["", "k".repeat(256), "a b", "a\tb", "ä", "\x7f"])("refuses the header %j with 400", (key) => {
    const act = () => readIdempotencyKey(key);

    expect(act).toThrow(AppError);
    expect(act).toThrow(expect.objectContaining({ status: 400, code: "bad_idempotency_key" }));
  });

  test("knows that there is none", () => {
    expect(readIdempotencyKey(null)).toBeUndefined();
  });

  test("makes page keys that it reads, each another", () => {
    const ids = [newPageId(), newPageId()];

    expect(ids.map(readPageId)).toEqual(ids);
    expect(new Set(ids).size).toBe(2);
  });
});

test.each([
  [42, "en", "42 seconds"],
  [1, "de", "1 Sekunde"],
  [119.5, "en", "120 seconds"],
  [121, "en", "3 minutes"],
  [7200, "de", "2 Stunden"],
] as const)("words a wait of %d seconds in %s as %s", (seconds, language, words) => {
  expect(waitInWords(seconds, language)).toBe(words);
});
