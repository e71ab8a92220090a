import { expect, test } from "bun:test";
import { contact } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const site = "https://www.example.com";
const open = await openWorld({ env: { NOTIFY_EMAIL: "" } });
const listed = await openWorld({
  env: { NOTIFY_EMAIL: "", CORS_ALLOWED_ORIGINS: site, PUBLIC_URL: "https://api.example.com" },
});

const exposed = "Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, X-Request-Id";
const vary = "Origin, Accept, X-Requested-With, Sec-Fetch-Mode";
const always = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-xss-protection": "0",
  "cross-origin-opener-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "strict-origin-when-cross-origin",
  "cache-control": "no-store",
};

/** Posts that end with each kind of answer. */
const ends: [status: number, fields: object, headers: Record<string, string>][] = [
  [200, contact, {}],
  [400, {}, {}],
  [400, contact, { "idempotency-key": " " }],
  [415, contact, { "content-encoding": "gzip" }],
];

open.describe("every answer of a form", () => {
  test.each(ends)("%d carries the headers of security and of choice", async (status, fields, headers) => {
    const answer = await open.post("/f/contact", { ...fields }, { headers });

    expect(answer.status).toBe(status);
    expect(answer.headers.toJSON()).toMatchObject({
      ...always,
      vary,
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test.each([
    ["a script", {}, "application/json"],
    ["a person", browser, "text/html; charset=utf-8"],
  ])("is of the type that %s reads", async (_who, headers, type) => {
    const answer = await open.post("/f/contact", {}, { encoding: "urlencoded", headers });

    expect(answer.headers.get("content-type")).toBe(type);
  });

  test("is of one type, received or refused", async () => {
    const [received, refused] = [await open.post("/f/contact", contact), await open.post("/f/contact", {})];

    expect(received.headers.get("content-type")).toBe(refused.headers.get("content-type"));
  });

  test("of a browser carries a policy of its own that lets the form be sent again", async () => {
    const answer = await open.post("/f/contact", {}, { encoding: "multipart", headers: browser });

    const nonce = /<style nonce="([^"]{24})">/.exec(await answer.text())?.[1];
    expect(answer.headers.get("content-security-policy")).toBe(
      `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
  });

  test("says when it is the answer of an earlier message", async () => {
    const headers = { "idempotency-key": "k" };

    const answers = [
      await open.post("/f/contact", contact, { headers }),
      await open.post("/f/contact", contact, { headers }),
    ];

    expect(answers.map((answer) => answer.headers.get("idempotency-replayed"))).toEqual([null, "true"]);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
  });

  test("lets every site read it while none is listed, and never with credentials", async () => {
    for (const [, fields, headers] of ends) {
      const answer = await open.post(
        "/api/contact",
        { ...fields },
        { headers: { ...headers, origin: site } },
      );

      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(answer.headers.get("access-control-expose-headers")).toBe(exposed);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });
});

listed.describe("where sites are listed", () => {
  test.each(ends)("a listed one may read the answer %d", async (status, fields, headers) => {
    const answer = await listed.post(
      "/api/contact",
      { ...fields },
      { headers: { ...headers, origin: site } },
    );

    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(site);
    expect(answer.headers.get("access-control-expose-headers")).toBe(exposed);
    expect(answer.headers.get("vary")).toBe(vary);
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=31536000");
  });

  test("it may ask before it sends", async () => {
    const answer = await listed.send("/api/contact", {
      method: "OPTIONS",
      headers: { origin: site, "access-control-request-method": "POST" },
    });

    expect(answer.status).toBe(204);
    expect(answer.headers.toJSON()).toMatchObject({
      "access-control-allow-origin": site,
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers": "content-type, idempotency-key, x-requested-with, authorization",
      "access-control-max-age": "600",
    });
  });

  const refused: [who: string, headers: Record<string, string>][] = [
    ["another site", { origin: "https://evil.example" }],
    ["a look-alike", { origin: "https://www.example.com.evil.example" }],
    ["another scheme", { origin: "http://www.example.com" }],
    ["another site by its Referer", { referer: "https://evil.example/page" }],
    ["a script without an origin", { origin: "null", "sec-fetch-mode": "cors" }],
  ];
  test.each(refused)("%s is refused and may not read why", async (_who, headers) => {
    for (const door of ["/api/contact", "/f/contact", "/api/v1/contact"]) {
      const answer = await listed.post(door, contact, { headers });

      const body = (await answer.json()) as { code: string };
      expect([answer.status, body.code]).toEqual([403, "origin_refused"]);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await listed.traces()).tables.submissions).toEqual([]);
  });

  test("another site learns at once that it may not send", async () => {
    const answer = await listed.send("/api/contact", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });

    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  });

  const accepted: [who: string, headers: Record<string, string>, origin: string | null][] = [
    ["its twin without www", { origin: "https://example.com" }, "https://example.com"],
    ["our own address", { origin: "https://api.example.com" }, "https://api.example.com"],
    ["a page by its Referer", { referer: `${site}/contact?a=b` }, site],
    ["nobody by name", {}, null],
    ["a navigation that hides its page", { ...browser, origin: "null" }, null],
  ];
  test.each(accepted)("%s is let in", async (_who, headers, origin) => {
    const encoding = "accept" in headers ? "urlencoded" : "json";
    const answer = await listed.post("/f/contact", contact, { encoding, headers });

    expect([200, 303]).toContain(answer.status);
    await listed.settled();
    expect((await listed.traces()).tables.submissions).toMatchObject([
      { origin, reasons: origin === null ? [{ code: "origin_unknown", points: 5 }] : [] },
    ]);
  });
});
