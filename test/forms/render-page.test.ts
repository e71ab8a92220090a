import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { newNonce, pagePolicy } from "#/kernel/pages";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { type CompiledForm, compileForm } from "#/modules/forms/catalogue/compile-form";
import { htmlSnippet } from "#/modules/forms/catalogue/html-snippet";
import { readPost } from "#/modules/forms/intake/read-post";
import type { Language } from "#/modules/forms/pages/languages";
import { problemCode, renderProblemPage, renderThanksPage } from "#/modules/forms/pages/render-answer";
import { type Notice, renderFormPage } from "#/modules/forms/pages/render-page";
import { encodePost } from "../support/encode-post";

const contact = compileForm(catalogue[0]!);
const everyType = compileForm({
  ...catalogue[0]!,
  slug: "every",
  honeypot: "website",
  fields: [
    {
      name: "name",
      type: "text",
      label: { en: "Name", de: "Name" },
      required: true,
      help: { en: "As on your card" },
    },
    { name: "email", type: "email", label: { en: "E-mail" }, required: true },
    { name: "when", type: "date", label: { en: "When" } },
    { name: "amount", type: "number", label: { en: "Amount" } },
    { name: "colour", type: "choice", label: { en: "Colour" }, options: ["red", "green"] },
    { name: "topics", type: "choices", label: { en: "Topics" }, options: ["sales", "press"] },
    { name: "agree", type: "consent", label: { en: "I <agree>" }, required: true },
    { name: "source", type: "hidden", label: { en: "Source" } },
  ],
});

type Shown = { tag: string; attributes: Record<string, string>; text: string };
const decode = (text: string) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name as "lt"]);

/** Every element of a page in order, as an HTML parser sees it. */
async function parse(page: string): Promise<Shown[]> {
  const elements: Shown[] = [];
  const open: Shown[] = [];
  const rewriter = new HTMLRewriter().on("*", {
    element(element) {
      const shown: Shown = { tag: element.tagName, attributes: {}, text: "" };
      for (const [name, value] of element.attributes) shown.attributes[name] = decode(value);
      elements.push(shown);
      if (element.canHaveContent) {
        open.push(shown);
        element.onEndTag(() => void open.pop());
      }
    },
    text({ text }) {
      for (const element of open) element.text += decode(text);
    },
  });
  await rewriter.transform(new Response(page)).text();
  return elements;
}

/** What a browser would send from the page, by name; a text area loses its first line feed. */
function sent(elements: readonly Shown[]): Record<string, string[]> {
  const pairs: Record<string, string[]> = {};
  for (const { tag, attributes, text } of elements) {
    const { name, type, value = "", checked } = attributes;
    if (name === undefined || !["input", "textarea", "option", "select"].includes(tag)) continue;
    if (type === "checkbox" && checked === undefined) continue;
    pairs[name] = [
      ...(pairs[name] ?? []),
      tag === "textarea" ? text.replace(/^\n/, "") : type === "checkbox" ? value || "on" : value,
    ];
  }
  return pairs;
}

async function page(
  form: CompiledForm,
  body: Record<string, unknown>,
  more: { notice?: Notice; language?: Language } = {},
) {
  const { bytes, type } = await encodePost(body, "urlencoded");
  const language = more.language ?? "en";
  const posted = readPost(form, bytes, type);
  const checked = form.check(posted, language);
  const notice = more.notice ?? { kind: "errors", errors: checked.ok ? [] : checked.errors };
  return renderFormPage({
    form,
    door: "/api/contact",
    language,
    nonce: "bm9uY2U=",
    id: "fresh-id-0123456789",
    token: "page.token",
    posted,
    notice,
    ownerAddress: "owner@example.com",
    site: "https://www.example.com",
  });
}

const by = (elements: readonly Shown[], name: string) =>
  elements.filter(({ attributes }) => attributes.name === name);

describe("the error page", () => {
  test("keeps everything that was typed, control fields and the door", async () => {
    const body = {
      name: "",
      email: "no address",
      message: "\nfirst\r\nline <b>&amp;",
      extra: "x",
      many: ["1", "", "3"],
      _next: "https://a.example/?x=1&y=2",
      _subject: "Hi",
      _language: "de-AT",
      _id: "old-old-old-old-old",
      altcha: "unspent",
    };

    const elements = await parse(await page(contact, body));

    const { _gotcha, ...rest } = sent(elements);
    expect(rest).toEqual({
      name: [""],
      email: ["no address"],
      message: ["\nfirst\nline <b>&amp;"],
      extra: ["x"],
      many: ["1", "", "3"],
      _next: ["https://a.example/?x=1&y=2"],
      _subject: ["Hi"],
      _language: ["de-AT"],
      _id: ["fresh-id-0123456789"],
      _t: ["page.token"],
      altcha: ["unspent"],
    });
    expect(_gotcha).toEqual([""]);
    expect(elements.find(({ tag }) => tag === "form")?.attributes).toEqual({
      method: "post",
      action: "/api/contact",
    });
  });

  test("links each field from the summary and ties its message to it", async () => {
    const elements = await parse(await page(contact, { email: "no", message: "x" }));

    for (const name of ["name", "email"]) {
      const [input] = by(elements, name);
      const { id, "aria-invalid": invalid, "aria-describedby": described } = input?.attributes ?? {};
      expect(invalid).toBe("true");
      expect(elements.some(({ tag, attributes }) => tag === "a" && attributes.href === `#${id}`)).toBe(true);
      expect(elements.some(({ tag, attributes }) => tag === "label" && attributes.for === id)).toBe(true);
      expect(elements.find(({ attributes }) => attributes.id === described)?.text).not.toBe("");
    }
    expect(by(elements, "message")[0]?.attributes).not.toHaveProperty("aria-invalid");
    expect(elements.find(({ tag }) => tag === "title")?.text).toBe("2 fields need your attention – Contact");
  });

  test("shows text that the right control would throw away", async () => {
    const body = {
      name: "two\nlines",
      email: "a@b.de",
      when: "tomorrow",
      amount: "12,5",
      colour: "blue",
      "topics[]": ["press", "else"],
      agree: "on",
      source: "ad",
    };

    const elements = await parse(await page(everyType, body));

    expect(by(elements, "name")[0]).toMatchObject({ tag: "textarea", text: "\ntwo\nlines" });
    expect(by(elements, "when")[0]?.attributes).toMatchObject({ type: "text", value: "tomorrow" });
    expect(by(elements, "amount")[0]?.attributes).toMatchObject({
      type: "text",
      inputmode: "decimal",
      value: "12,5",
    });
    expect(
      elements.filter(({ attributes }) => attributes.selected !== undefined).map(({ text }) => text),
    ).toEqual(["blue"]);
    expect(sent(elements)).toMatchObject({
      topics: ["press", "else"],
      agree: ["true"],
      source: ["ad"],
      website: [""],
    });
  });

  test("shows long undeclared text, and what broke a rule, as text areas", async () => {
    const long = "x".repeat(201);
    const elements = await parse(await page(contact, { long, short: "x".repeat(200), broken: "a\0b" }));

    expect(by(elements, "long")[0]).toMatchObject({ tag: "textarea", text: `\n${long}` });
    expect(by(elements, "short")[0]).toMatchObject({ tag: "input" });
    expect(by(elements, "broken")[0]).toMatchObject({
      tag: "textarea",
      attributes: { "aria-invalid": "true" },
    });
  });

  test("does not carry on what would be refused for ever, nor a filled honeypot", async () => {
    const elements = await parse(
      await page(contact, { name: "x", constructor: "y", _gotcha: "z", _format: "html" }),
    );

    expect(Object.keys(sent(elements)).sort()).toEqual(["_gotcha", "_id", "_t", "email", "message", "name"]);
    expect(sent(elements)._gotcha).toEqual([""]);
  });

  test("speaks the visitor's language", async () => {
    const elements = await parse(await page(contact, { name: "x" }, { language: "de" }));

    expect(elements[0]).toMatchObject({ tag: "html", attributes: { lang: "de", dir: "ltr" } });
    expect(elements.find(({ tag }) => tag === "h2")?.text).toBe("Bitte 2 Felder prüfen");
    expect(elements.find(({ tag }) => tag === "button")?.text).toBe("Noch einmal senden");
  });
});

test.each([
  ["rate_limited", "Too many messages", "42 seconds"],
  ["unavailable", "We cannot take your message right now", "42 seconds"],
] as const)(
  "the page for %s keeps the text, names the wait and the owner's address",
  async (kind, title, wait) => {
    const elements = await parse(
      await page(contact, { name: "Ada", message: "Kept" }, { notice: { kind, retryAfter: 42 } }),
    );

    expect(sent(elements)).toMatchObject({ name: ["Ada"], message: ["Kept"] });
    expect(elements.find(({ tag }) => tag === "h2")?.text).toBe(title);
    expect(elements.find(({ attributes }) => attributes.role === "alert")?.text).toContain(wait);
    expect(elements.find(({ tag }) => tag === "a")).toMatchObject({
      attributes: { href: "mailto:owner@example.com" },
      text: "owner@example.com",
    });
  },
);

test("a closed form shows what was typed and offers no way to send it", async () => {
  const elements = await parse(await page(contact, { message: "Kept" }, { notice: { kind: "closed" } }));
  const bare = renderFormPage({
    form: contact,
    door: "/f/contact",
    language: "en",
    nonce: "bg==",
    id: "x",
    token: "page.token",
    notice: { kind: "closed" },
  });

  expect(sent(elements).message).toEqual(["Kept"]);
  expect(elements.some(({ tag }) => tag === "button")).toBe(false);
  expect(bare).not.toContain("<form");
});

test.each(["en", "de"] as const)(
  "a form whose captcha was not solved shows what was typed and the way back, in %s",
  async (language) => {
    const notice = { kind: "captcha_required" } as const;
    const elements = await parse(await page(contact, { message: "Kept" }, { notice, language }));

    expect(sent(elements).message).toEqual(["Kept"]);
    expect(elements.some(({ tag }) => tag === "button")).toBe(false);
    expect(elements.find(({ tag }) => tag === "h2")?.text).toBe(
      language === "en"
        ? "The check that you are a person is missing"
        : "Die Prüfung, dass Sie ein Mensch sind, fehlt",
    );
    expect(elements.some(({ attributes }) => attributes.href === "https://www.example.com")).toBe(true);
  },
);

test("the form that is only asked for is empty, and its inputs can be filled in by browsers", async () => {
  const elements = await parse(
    renderFormPage({
      form: contact,
      door: "/f/contact",
      language: "en",
      nonce: "bg==",
      id: "0123456789abcdef",
      token: "page.token",
    }),
  );

  expect(sent(elements)).toEqual({
    name: [""],
    email: [""],
    message: [""],
    _id: ["0123456789abcdef"],
    _t: ["page.token"],
    _gotcha: [""],
  });
  expect(by(elements, "email")[0]?.attributes).toMatchObject({
    type: "email",
    autocomplete: "email",
    required: "",
  });
  expect(elements.some(({ attributes }) => attributes.role === "alert")).toBe(false);
});

test("no page has a script, an event handler, a style attribute or a file besides it", async () => {
  const frame = { language: "en", nonce: "bm9uY2U=" } as const;
  const pages = [
    await page(everyType, { name: "<script>x</script>" }),
    renderThanksPage({ ...frame, site: "https://example.com" }),
    renderProblemPage({ ...frame, code: "failed" }),
  ];

  for (const element of (await Promise.all(pages.map(parse))).flat()) {
    expect(["script", "link", "img", "iframe", "base", "object"]).not.toContain(element.tag);
    expect(Object.keys(element.attributes).filter((name) => /^on|^style$|^src/.test(name))).toEqual([]);
    if (element.tag === "style") expect(element.attributes).toEqual({ nonce: "bm9uY2U=" });
    if (element.tag === "style") expect(element.text).not.toMatch(/url\(|@import/);
  }
});

test("whatever is typed, a page has the elements it always has and gives the text back", async () => {
  const nasty = fc.constantFrom(
    '"><script>alert(1)</script>',
    "</textarea><b>",
    "'\"`<!--",
    "&lt;&amp;&#39;",
    "</form>",
    "\n\n",
    "=1",
    "a\rb",
    "javascript:1",
    "]]>",
  );
  const text = fc
    .oneof(nasty, fc.string({ unit: "binary", maxLength: 300 }))
    .map((one) => one.toWellFormed().replaceAll("\0", ""));
  // The same length and lines, but harmless: decides between inputs and text areas in the same way.
  const harmless = (one: string) => one.replace(/[^\n\r]/gsu, (character) => "x".repeat(character.length));
  const shape = (elements: Shown[]) =>
    elements
      .map(({ tag, attributes }) => [tag, ...Object.keys(attributes)].join(" "))
      .filter((one) => !one.startsWith("li") && !one.startsWith("a "));
  const notice: Notice = { kind: "unavailable", retryAfter: 1 };

  await fc.assert(
    fc.asyncProperty(text, text, text, async (name, message, extra) => {
      const body = {
        name: `x${name}`,
        email: `x${name}`,
        message: `x${message}`,
        extra: `x${extra}`,
        _next: `x${name}`,
        _subject: `x${message}`,
      };
      const elements = await parse(await page(contact, body, { notice }));
      const plain = await parse(
        await page(
          contact,
          Object.fromEntries(Object.entries(body).map(([key, value]) => [key, harmless(value)])),
          { notice },
        ),
      );

      expect(shape(elements)).toEqual(shape(plain));
      const lineFeeds = (one: string) => one.replaceAll("\r\n", "\n");
      expect(sent(elements)).toMatchObject({
        name: [lineFeeds(body.name)],
        email: [lineFeeds(body.email)],
        message: [lineFeeds(body.message)],
        extra: [lineFeeds(body.extra)],
        _next: [body._next],
      });
    }),
    { numRuns: 150 },
  );
});

test("undeclared names cannot leave their attribute either", async () => {
  const name = `"><img src=x onerror=alert(1)>`;

  const elements = await parse(await page(contact, { [name]: "x", [`${name}2`]: "y".repeat(300) }));

  expect(elements.some(({ tag }) => tag === "img")).toBe(false);
  expect(sent(elements)).toMatchObject({ [name]: ["x"], [`${name}2`]: ["y".repeat(300)] });
});

test("the page's policy allows its own style, and posts that end at the given origins", () => {
  expect(
    pagePolicy("bg==", [
      "https://a.example",
      "https://*.b.example",
      "https://a.example",
      "https://x;script-src *",
      "null",
    ]),
  ).toBe(
    "default-src 'none'; style-src 'nonce-bg=='; form-action 'self' https://a.example https://*.b.example; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(newNonce()).toMatch(/^[\w+/]{22}==$/);
  expect(newNonce()).not.toBe(newNonce());
});

describe("answers without a form", () => {
  test("thank in the visitor's language and lead back to the site, but nowhere else", async () => {
    const thanks = (site?: string) => parse(renderThanksPage({ language: "de", nonce: "bg==", site }));

    const elements = await thanks("https://example.com/?a=1&b=2");

    expect(elements.find(({ tag }) => tag === "h1")?.text).toBe("Vielen Dank");
    expect(elements.find(({ tag }) => tag === "a")?.attributes).toEqual({
      href: "https://example.com/?a=1&b=2",
    });
    for (const site of [undefined, "javascript:alert(1)", "//evil.example", ""]) {
      expect((await thanks(site)).some(({ tag }) => tag === "a")).toBe(false);
    }
  });

  test.each(["malformed_body", "too_large", "origin_refused", "something_new", "toString"])(
    "word the refusal %s",
    async (code) => {
      const elements = await parse(
        renderProblemPage({
          code: problemCode(code),
          language: "en",
          nonce: "bg==",
          ownerAddress: "o'b@example.com",
        }),
      );

      expect(elements.find(({ tag }) => tag === "h1")?.text).not.toBe("");
      expect(elements.find(({ tag }) => tag === "a")).toMatchObject({
        attributes: { href: "mailto:o'b@example.com" },
        text: "o'b@example.com",
      });
    },
  );
});

test("the HTML to paste sends what the form accepts", async () => {
  for (const definition of [...catalogue, everyType.definition]) {
    const snippet = htmlSnippet(definition, "https://forms.example.com/f/x?a=1&b=2");
    const elements = await parse(snippet);
    const names = new Set(elements.map(({ attributes }) => attributes.name).filter(Boolean));

    expect(elements[0]?.attributes).toEqual({
      action: "https://forms.example.com/f/x?a=1&b=2",
      method: "post",
    });
    expect([...names]).toEqual([
      ...definition.fields.map(({ name }) => name),
      definition.honeypot ?? "_gotcha",
    ]);
    expect(by(elements, definition.honeypot ?? "_gotcha")[0]?.attributes).toMatchObject({
      tabindex: "-1",
      autocomplete: "off",
      "aria-hidden": "true",
    });
    for (const { name, required, type } of definition.fields) {
      if (required && type !== "choices")
        expect(by(elements, name)[0]?.attributes).toHaveProperty("required");
    }
  }
});
