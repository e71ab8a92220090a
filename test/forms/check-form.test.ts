import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { catalogue } from "#/modules/forms/catalogue/catalogue";
import { compileForm } from "#/modules/forms/catalogue/compile-form";
import type { Field, FieldType, FormDefinition } from "#/modules/forms/catalogue/form-definition";
import { contentHash } from "#/modules/forms/intake/content-hash";
import { readPost } from "#/modules/forms/intake/read-post";
import { type Encoding, encodePost, encodings } from "../support/encode-post";

const formOf = (fields: Field[], more: Partial<FormDefinition> = {}) =>
  compileForm({
    slug: "made",
    title: { en: "Made" },
    fields,
    unlisted: "keep",
    allowedOrigins: [],
    doors: ["/f/made"],
    open: true,
    ...more,
  });
const field = (type: FieldType, more: Partial<Field> = {}): Field => ({
  name: "it",
  type,
  label: { en: "It", de: "Es" },
  ...more,
});
const contact = compileForm(catalogue[0]!);

async function check(
  form: ReturnType<typeof formOf>,
  body: Record<string, unknown>,
  encoding: Encoding = "json",
) {
  const { bytes, type } = await encodePost(body, encoding);
  return form.check(readPost(form, bytes, type), "en");
}

/** What is stored, or the codes by field. */
async function outcome(
  form: ReturnType<typeof formOf>,
  body: Record<string, unknown>,
  encoding: Encoding = "json",
): Promise<Record<string, unknown>> {
  const checked = await check(form, body, encoding);
  return checked.ok
    ? { ...checked.fields }
    : { [checked.code]: checked.errors.map(({ field, code }) => `${field}: ${code}`) };
}

const valid = { name: "Ada", email: "ada@example.com", message: "Hello" };
const astral = "😀";
const blanks = ["", " ", "\t\r\n", "\u00a0\u2003", "\u200b\ufeff\u2060", "\u3000\u200d"];

describe("each type takes and refuses", () => {
  const cases: [string, Field, unknown, unknown][] = [
    ["text", field("text"), " as sent ", " as sent "],
    ["200 characters of two units", field("text"), astral.repeat(200), astral.repeat(200)],
    ["201 characters", field("text"), astral.repeat(201), "too_long"],
    ["text at its own limit", field("text", { max: 3 }), "äöü", "äöü"],
    ["text over its own limit", field("text", { max: 3 }), "äöüß", "too_long"],
    [
      "two characters of two units under a minimum of 3",
      field("text", { min: 3 }),
      astral.repeat(2),
      "too_short",
    ],
    ["three characters of two units", field("text", { min: 3 }), astral.repeat(3), astral.repeat(3)],
    ["a line feed in text", field("text"), "a\nb", "line_break"],
    ["a carriage return in text", field("text"), "a\rb", "line_break"],
    ["lines", field("longtext"), "a\r\nb\nc\rd", "a\nb\nc\rd"],
    ["lines whose CRLF would exceed the limit", field("longtext", { max: 3 }), "a\r\nb", "a\nb"],
    ["10,001 characters", field("longtext"), "x".repeat(10_001), "too_long"],
    ["NUL", field("longtext"), "a\0b", "invalid_text"],
    ["a lone surrogate", field("longtext"), "a\ud800b", "invalid_text"],
    ["a number for text", field("text"), 5, "not_text"],
    ["a boolean for text", field("text"), true, "not_text"],
    ["an object for text", field("text"), { a: 1 }, "not_text"],
    ["a list for text", field("text"), ["a", "b"], "repeated"],
    ["a list of one for text", field("text"), ["a"], "repeated"],
    ["an address", field("email"), " Ada@Example.com\u200b", "Ada@Example.com"],
    ["an international domain", field("email"), "info@müller.de", "info@müller.de"],
    ["a plus and a dot", field("email"), "a.b+c@sub.example.co", "a.b+c@sub.example.co"],
    ["64 characters before the at", field("email"), `${"a".repeat(64)}@b.de`, `${"a".repeat(64)}@b.de`],
    ["65 characters before the at", field("email"), `${"a".repeat(65)}@b.de`, "invalid_email"],
    [
      "255 characters",
      field("email"),
      `a@${"b".repeat(62)}.${"c".repeat(62)}.${"d".repeat(62)}.${"e".repeat(61)}.de`,
      "too_long",
    ],
    ...[
      "a",
      "a@",
      "@b.de",
      "a@b",
      "a@@b.de",
      "a@b..de",
      "a@.de",
      "a@b.de.",
      "a@-b.de",
      "a@b-.de",
      "a@b.123",
      "a b@c.de",
      "a@b c.de",
      ".a@b.de",
      "a.@b.de",
      "a..b@c.de",
      '"a b"@c.de',
      "a@[127.0.0.1]",
      "a@b.de,c@d.de",
      "a@b.de;c@d.de",
      "<a@b.de>",
      "Ada <a@b.de>",
      "a@b.de\nBcc: c@d.de",
      "a\r\n@b.de",
      "ä@b.de",
      "a@b\u200b.de",
      `a@${"b".repeat(64)}.de`,
      "a@b\u202e.de",
      "a:b@c.de",
      "a(b)@c.de",
    ].map((text): [string, Field, unknown, unknown] => [
      JSON.stringify(text).slice(0, 40),
      field("email"),
      text,
      "invalid_email",
    ]),
    ["a telephone number", field("tel"), " +49 (0) 30/123-45.6 x7", "+49 (0) 30/123-45.6 x7"],
    ["letters", field("tel"), "call me", "invalid_tel"],
    ["no digit", field("tel"), "+-", "invalid_tel"],
    ["41 digits", field("tel"), "1".repeat(41), "too_long"],
    ["a web address", field("url"), "https://example.com/ä", "https://example.com/ä"],
    ["script", field("url"), "javascript:alert(1)", "invalid_url"],
    ["a file", field("url"), "file:///etc/passwd", "invalid_url"],
    ["no scheme", field("url"), "example.com", "invalid_url"],
    ["2,049 characters", field("url"), `https://example.com/${"x".repeat(2029)}`, "too_long"],
    ["a number", field("number"), 12.5, 12.5],
    ["a number as text", field("number"), " -12.50 ", -12.5],
    ["15 digits", field("number"), "123456789.012345", 123456789.012345],
    ...["1e3", "0x10", "Infinity", "NaN", "+1", "1,5", "1.", "-", ".", "1.2.3", "1234567890.123456", "١"].map(
      (text): [string, Field, unknown, unknown] => [text, field("number"), text, "invalid_number"],
    ),
    ["1e21 in JSON", field("number"), 1e21, "invalid_number"],
    ["true", field("number"), true, "invalid_number"],
    ["below", field("number", { min: 2, max: 4 }), 1.9, "too_low"],
    ["the bounds", field("number", { min: 2, max: 4 }), 2, 2],
    ["above", field("number", { min: 2, max: 4 }), "4.1", "too_high"],
    ["a whole number", field("integer"), "007", 7],
    ["a fraction", field("integer"), "1.5", "invalid_integer"],
    ["zero", field("integer", { required: true }), 0, 0],
    ["a leap day", field("date"), "2024-02-29", "2024-02-29"],
    ...[
      "2023-02-29",
      "2026-13-01",
      "2026-00-10",
      "2026-04-31",
      "2026-4-1",
      "1899-12-31",
      "2201-01-01",
      "31.03.2026",
      "2026-03-01T10:00",
      "२०२६-03-01",
    ].map((text): [string, Field, unknown, unknown] => [text, field("date"), text, "invalid_date"]),
    ["an option", field("choice", { options: ["a", "b"] }), "b", "b"],
    ["no option", field("choice", { options: ["a", "b"] }), "c", "not_an_option"],
    ["an inherited name", field("choice", { options: ["a"] }), "toString", "not_an_option"],
    ["one of several", field("choices", { options: ["a", "b"] }), "b", ["b"]],
    ["several", field("choices", { options: ["a", "b"] }), ["b", "", "a", "b"], ["b", "a"]],
    ["one that is no option", field("choices", { options: ["a", "b"] }), ["a", "c"], "not_an_option"],
    ["too few", field("choices", { options: ["a", "b"], min: 2 }), ["a"], "too_few"],
    ["too many", field("choices", { options: ["a", "b"], max: 1 }), ["a", "b"], "too_many"],
    ["a number among choices", field("choices", { options: ["1"] }), [1], "not_text"],
    ...[true, "true", "on", "1", "yes", "YES", 1].map((yes): [string, Field, unknown, unknown] => [
      `${yes}`,
      field("consent"),
      yes,
      "It",
    ]),
    ...[false, "false", "off", "0", "no"].map((no): [string, Field, unknown, unknown] => [
      `${no}`,
      field("consent", { required: true }),
      no,
      "required",
    ]),
    ["something else", field("consent"), "maybe", "not_an_option"],
    ["hidden lines", field("hidden"), "a\nb", "a\nb"],
    ["2,001 hidden characters", field("hidden"), "x".repeat(2001), "too_long"],
  ];
  test.each(cases)("%s", async (_title, declared, sent, expected) => {
    // A second field keeps the post from being empty where the first counts as missing.
    const form = formOf([declared, { name: "other", type: "text", label: {} }]);
    const isCode = typeof expected === "string" && /^[a-z]+_[a-z_]+$|^repeated$|^required$/.test(expected);
    const kind = expected === "required" ? "required" : "invalid";

    expect(await outcome(form, { it: sent, other: "x" })).toEqual(
      isCode ? { [kind]: [`it: ${expected}`] } : { it: expected, other: "x" },
    );
  });
});

describe("missing", () => {
  test.each([
    "text",
    "longtext",
    "email",
    "tel",
    "url",
    "number",
    "integer",
    "date",
    "choice",
    "choices",
    "consent",
    "hidden",
  ] as const)("null, no key, an empty list and whatever shows nothing are missing for %s", async (type) => {
    const form = formOf([field(type, { required: true, options: ["a"] })]);

    for (const sent of [undefined, null, [], ...blanks]) {
      expect(await outcome(form, { it: sent, x: "y" })).toEqual({ required: ["it: required"] });
    }
  });

  test("an optional field that is missing is not stored", async () => {
    expect(await outcome(formOf([field("email")]), { it: " ", x: "y" })).toEqual({ x: "y" });
  });

  test("a post without any content is empty and names what is required", async () => {
    expect(await outcome(contact, {})).toEqual({
      empty: ["name: required", "email: required", "message: required"],
    });
    expect(await outcome(contact, { name: " ", extra: "\u200b", _next: "/x" })).toEqual({
      empty: ["name: required", "email: required", "message: required"],
    });
  });

  test("a missing field outweighs the others, and all are named in the order of the form", async () => {
    expect(await outcome(contact, { email: "no", message: "\0" })).toEqual({
      required: ["name: required", "email: invalid_email", "message: invalid_text"],
    });
  });
});

describe("fields the form does not declare", () => {
  test("are kept as text, lists as lists, and blank ones left out", async () => {
    const extra = {
      a: " x\r\n",
      b: ["1", "", "3"],
      c: 5,
      d: true,
      e: " ",
      f: null,
      g: ["", " "],
      "a.b": "z",
    };

    expect(await outcome(contact, { ...valid, ...extra })).toEqual({
      ...valid,
      a: " x\n",
      b: ["1", "", "3"],
      c: "5",
      d: "true",
      "a.b": "z",
    });
  });

  test.each([
    ["an object", { a: { b: 1 } }, "a: not_text"],
    ["a list in a list", { a: [["b"]] }, "a: not_text"],
    ["a number that lost digits", { a: 2 ** 60 }, "a: not_text"],
    ["NUL", { a: "\0" }, "a: invalid_text"],
    ["a lone surrogate in a list", { a: ["x", "\udfff"] }, "a: invalid_text"],
    ["the name constructor", { constructor: "x" }, "*: invalid_name"],
    ["the name prototype", { prototype: "x" }, "*: invalid_name"],
    ["an empty name", { "": "x" }, "*: invalid_name"],
    ["a name of 101 characters", { ["n".repeat(101)]: "x" }, "*: invalid_name"],
    ["a name with a line break", { "a\nb": "x" }, "*: invalid_name"],
    ["a name with a lone surrogate", { "a\ud800": "x" }, "*: invalid_name"],
  ])("refuses %s", async (_title, extra, code) => {
    expect(await outcome(contact, { ...valid, ...extra })).toEqual({ invalid: [code] });
  });

  test("refuses the name __proto__ and pollutes nothing", async () => {
    const bytes = new TextEncoder().encode(`{"__proto__":{"polluted":"x"},${JSON.stringify(valid).slice(1)}`);

    const checked = contact.check(readPost(contact, bytes, "application/json"), "en");

    expect(checked).toMatchObject({ ok: false, errors: [{ field: "*", code: "invalid_name" }] });
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test("gives what is stored no prototype", async () => {
    const checked = await check(contact, valid);

    expect(checked.ok && Object.getPrototypeOf(checked.fields)).toBeNull();
  });

  test("are dropped or refused where the form says so", async () => {
    const declared = [field("text")];

    expect(await outcome(formOf(declared, { unlisted: "drop" }), { it: "x", y: { z: 1 } })).toEqual({
      it: "x",
    });
    expect(await outcome(formOf(declared, { unlisted: "refuse" }), { it: "x", y: "z" })).toEqual({
      invalid: ["y: unexpected"],
    });
  });
});

describe("control fields", () => {
  const control = async (body: Record<string, unknown>, form = contact) => {
    const { bytes, type } = await encodePost(body, "json");
    return readPost(form, bytes, type);
  };

  test("leave the content and are handed over", async () => {
    const id = "k".repeat(16);
    const { fields, control: read } = await control({
      name: "x",
      _next: "/a",
      _subject: "Hi\r\nBcc: x@y.de",
      _replyto: " b@c.de ",
      _language: "DE-at",
      _format: "JSON",
      _id: id,
      _from: "signed",
      _t: "page",
      _unknown: "x",
      _webhook: "https://x",
      altcha: "solved",
      "h-captcha-response": "token",
    });

    expect([...fields.keys()]).toEqual(["name"]);
    expect(read).toEqual({
      next: "/a",
      subject: "Hi Bcc: x@y.de",
      replyTo: "b@c.de",
      language: "de-AT",
      wantsJson: true,
      id,
      from: "signed",
      pageToken: "page",
      captcha: new Map([
        ["h-captcha-response", "token"],
        ["altcha", "solved"],
      ]),
      honeypots: [],
    });
  });

  test("longer than they can be are left out", async () => {
    const { fields, control: read } = await control({
      name: "x",
      _t: "t".repeat(513),
      altcha: "a".repeat(8193),
      recaptcha_response: "",
    });

    expect([...fields.keys()]).toEqual(["name"]);
    expect([read.pageToken, read.captcha]).toEqual([undefined, undefined]);
  });

  test("without underscore are hints that act and stay", async () => {
    const { fields, control: read } = await control({ subject: "S", replyto: "b@c.de", redirect: "/x" });

    expect([...fields.keys()]).toEqual(["subject", "replyto", "redirect"]);
    expect(read).toMatchObject({ subject: "S", replyTo: "b@c.de", next: "/x" });
  });

  test("without underscore mean nothing where the form asks for that name", async () => {
    const form = formOf([{ name: "subject", type: "text", label: {} }]);

    expect((await control({ subject: "Maths" }, form)).control.subject).toBeUndefined();
  });

  test.each([
    ["_replyto", "no address"],
    ["_replyto", "a@b.de, c@d.de"],
    ["_language", "not a language!"],
    ["_id", "short"],
    ["_id", "k".repeat(256)],
    ["_id", "ä".repeat(20)],
    ["_from", "x".repeat(1025)],
    ["_next", "  "],
    ["_next", 5],
  ])("ignores a %s of %j", async (name, value) => {
    expect((await control({ [name]: value })).control).toEqual((await control({})).control);
  });

  test("cuts a subject to 200 characters", async () => {
    expect((await control({ _subject: astral.repeat(300) })).control.subject).toBe(astral.repeat(200));
  });

  test("name the honeypots that were filled in", async () => {
    const form = formOf([field("text")], { honeypot: "website" });
    const { fields, control: read } = await control(
      { it: "x", website: " ", _honey: "", _gotcha: "y", "bot-field": ["", "z"], botcheck: false },
      form,
    );

    expect([...fields.keys()]).toEqual(["it"]);
    expect(read.honeypots).toEqual(["website", "_gotcha", "bot-field"]);
  });

  test("are content where the form declares them", async () => {
    const form = formOf([{ name: "botcheck", type: "text", label: {} }]);
    const posted = await control({ botcheck: "yes" }, form);

    expect(posted.control.honeypots).toEqual([]);
    expect(form.check(posted, "en")).toMatchObject({ ok: true, fields: { botcheck: "yes" } });
  });
});

describe("the visitor's address", () => {
  test.each([
    [{ email: "Ada@Example.com" }, "ada@example.com", "Ada@Example.com"],
    [{ Email: "B@c.de" }, "b@c.de", "B@c.de"],
    [{ email: "a@b.de", _replyto: "c@d.de" }, "a@b.de", "c@d.de"],
    [{ email: "no address" }, undefined, undefined],
    [{}, undefined, undefined],
  ])("of %j", async (body, emailNormalised, replyTo) => {
    expect(await check(formOf([field("text")]), { it: "x", ...body })).toMatchObject({
      ok: true,
      emailNormalised,
      replyTo,
    });
  });
});

test("takes the choices of name[] and of repeated names in a form post", async () => {
  const form = formOf([field("choices", { options: ["a", "b"], required: true })]);

  expect(await outcome(form, { "it[]": ["a", "b"] }, "urlencoded")).toEqual({ it: ["a", "b"] });
  expect(await outcome(form, { it: "a", "it[]": "b" }, "multipart")).toEqual({ it: ["a", "b"] });
});

test("refuses a file by the name of its input, and says so in the visitor's language", async () => {
  const body = new FormData();
  for (const [name, value] of Object.entries(valid)) body.append(name, value);
  body.append("cv", new File(["x"], "cv.pdf"));
  const response = new Response(body);
  const type = response.headers.get("content-type");

  const checked = contact.check(readPost(contact, await response.bytes(), type), "de");

  expect(checked).toMatchObject({
    ok: false,
    code: "invalid",
    errors: [{ field: "cv", code: "files_not_accepted", detail: expect.stringContaining("keine Dateien") }],
  });
});

test("names the body as a whole where the input of a file has a name that no answer should repeat", () => {
  const body = '--b\r\nContent-Disposition: form-data; name="__proto__"; filename="x"\r\n\r\nx\r\n--b--';

  const posted = readPost(contact, new TextEncoder().encode(body), "multipart/form-data; boundary=b");

  expect(contact.check(posted, "en")).toMatchObject({
    ok: false,
    errors: [...Array(3).fill({ code: "required" }), { field: "*", code: "files_not_accepted" }],
  });
});

test("words a limit as the language writes numbers and never quotes what was sent", async () => {
  const { bytes, type } = await encodePost({ ...valid, message: "s3cret".repeat(2000) }, "json");
  const posted = readPost(contact, bytes, type);

  const [english, german] = (["en", "de"] as const).map((language) =>
    JSON.stringify(contact.check(posted, language)),
  );

  expect(english).toContain("at most 10,000 characters");
  expect(german).toContain("höchstens 10.000 Zeichen");
  expect(`${english}${german}`).not.toContain("s3cret");
});

describe("property", () => {
  const types = [
    "text",
    "longtext",
    "email",
    "tel",
    "url",
    "number",
    "integer",
    "date",
    "choice",
    "choices",
    "consent",
    "hidden",
  ] as const;
  const letters = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .map((text) => `x${text.toWellFormed().replace(/[\r\n\0]/g, "")}`);
  const options = ["red", "=1+1", '{"a":1}'];
  const day = fc.date({ min: new Date("1900-01-01"), max: new Date("2200-12-31"), noInvalidDate: true });
  const values: Record<FieldType, fc.Arbitrary<unknown>> = {
    text: letters,
    longtext: letters.map((text) => `${text}\n[1,2]`),
    email: fc.constantFrom("a@b.de", "Ada.Lovelace+1@sub.example.org", "info@müller.de"),
    tel: fc.stringMatching(/^\+?[0-9][0-9 ]{3,20}[0-9]$/),
    url: fc.webUrl(),
    number: fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 100),
    integer: fc.integer(),
    date: day.map((date) => date.toISOString().slice(0, 10)),
    choice: fc.constantFrom(...options),
    choices: fc.uniqueArray(fc.constantFrom(...options), { minLength: 1 }),
    consent: fc.constantFrom("on", "yes"),
    hidden: letters,
  };
  const breaks: Record<FieldType, [unknown, string][]> = {
    text: [
      ["x".repeat(201), "too_long"],
      ["a\nb", "line_break"],
      ["a\0", "invalid_text"],
      [["a", "b"], "repeated"],
    ],
    longtext: [
      ["x".repeat(10_001), "too_long"],
      ["\0", "invalid_text"],
    ],
    email: [
      ["nobody", "invalid_email"],
      ["a@b.de,c@d.de", "invalid_email"],
    ],
    tel: [
      ["phone", "invalid_tel"],
      ["1".repeat(41), "too_long"],
    ],
    url: [["javascript:1", "invalid_url"]],
    number: [
      ["1e3", "invalid_number"],
      ["x", "invalid_number"],
    ],
    integer: [["1.5", "invalid_integer"]],
    date: [["2023-02-29", "invalid_date"]],
    choice: [["pink", "not_an_option"]],
    choices: [[["red", "pink"], "not_an_option"]],
    consent: [["perhaps", "not_an_option"]],
    hidden: [["x".repeat(2001), "too_long"]],
  };
  const post = fc
    .array(fc.tuple(fc.constantFrom(...types), fc.boolean()), { minLength: 1, maxLength: 6 })
    .chain((chosen) => {
      const fields = chosen.map(
        ([type, required], at): Field => ({
          name: `f${at}`,
          type,
          required,
          label: { en: `Label ${at}` },
          options,
        }),
      );
      return fc.tuple(
        fc.constant(fields),
        fc.tuple(...fields.map(({ type }) => values[type])),
        fc.nat({ max: fields.length - 1 }),
        fc.constantFrom(...encodings),
      );
    });
  const bodyOf = (fields: Field[], all: unknown[]) =>
    Object.fromEntries(fields.map(({ name }, at) => [name, all[at]]));
  const stored = (fields: Field[], body: Record<string, unknown>) =>
    Object.fromEntries(
      fields.map(({ name, type, label }) => [name, type === "consent" ? label.en : body[name]]),
    );

  test("valid values of a generated form are stored equally from every encoding", async () => {
    await fc.assert(
      fc.asyncProperty(post, async ([fields, all, , encoding]) => {
        const body = bodyOf(fields, all);

        expect(await outcome(formOf(fields), body, encoding)).toEqual(stored(fields, body));
      }),
      { numRuns: 150 },
    );
  });

  test("one broken rule gives exactly that field and that code", async () => {
    await fc.assert(
      fc.asyncProperty(post, fc.nat(), async ([fields, all, at, encoding], pick) => {
        const { name, type, required } = fields[at]!;
        const ways: [unknown, string][] =
          required && fields.length > 1 ? [...breaks[type], [" ", "required"]] : breaks[type];
        const [value, code] = ways[pick % ways.length]!;
        const body = { ...bodyOf(fields, all), [name]: value };

        const kind = code === "required" ? "required" : "invalid";
        expect(await outcome(formOf(fields), body, encoding)).toEqual({ [kind]: [`${name}: ${code}`] });
      }),
      { numRuns: 150 },
    );
  });

  test("accepted text reads back equal, whatever it looks like", async () => {
    const looks = fc.constantFrom(
      "[1,2]",
      '{"x":1}',
      "1e3",
      "007",
      "=1+1",
      "<b>&amp;",
      "true",
      "null",
      "%41",
      "a+b",
      "@x",
      "\u202ex",
    );
    const text = fc
      .oneof(looks, fc.string({ unit: "binary" }))
      .filter((one) => /\S/.test(one) && one.isWellFormed() && !one.includes("\0"));
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...encodings), async (message, encoding) => {
        const checked = await check(contact, { ...valid, message: `${message}x` }, encoding);
        // What a browser does to line breaks in the other encodings, `FormData` does too.
        const expected =
          encoding === "multipart" ? message.replace(/\r\n?|\n/g, "\n") : message.replaceAll("\r\n", "\n");

        expect(checked.ok && checked.fields.message).toBe(`${expected}x`);
      }),
      { numRuns: 300 },
    );
  });

  test("the same content has the same hash in whichever encoding and order, and another content another", async () => {
    const hashOf = async (body: Record<string, unknown>, encoding: Encoding) => {
      const checked = await check(contact, body, encoding);
      return checked.ok && contentHash(checked.fields);
    };
    const body = { ...valid, b: "1", a: ["x", "y"] };
    const turned = Object.fromEntries(
      Object.entries({ ...body, _id: "k".repeat(20), _next: "/x" }).reverse(),
    );
    const hash = await hashOf(body, "json");

    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    for (const encoding of encodings) expect(await hashOf(turned, encoding)).toBe(hash);
    expect(await hashOf({ ...body, message: "Hello " }, "json")).not.toBe(hash);
    expect(await hashOf({ ...body, a: ["xy"] }, "json")).not.toBe(hash);
  });
});

const blnsPath = join(import.meta.dir, "../../../shared/corpora/blns/blns.json");
const invisible =
  /^(\u034f|[\p{White_Space}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff])+$/u;
const hasBlns = existsSync(blnsPath);
if (!hasBlns) console.error(`Skipped: the Big List of Naughty Strings is not at ${blnsPath}`);

test.skipIf(!hasBlns)("every naughty string is stored as sent or refused by a rule", async () => {
  const strings = JSON.parse(readFileSync(blnsPath, "utf8")) as string[];
  const form = formOf([field("longtext")]);

  expect(strings.length).toBeGreaterThan(400);
  for (const encoding of encodings) {
    for (const it of strings) {
      const isMissing = it === "" || invisible.test(it);
      const expected = isMissing
        ? { required: ["it: required"] }
        : { it: it.replaceAll("\r\n", "\n"), other: "x" };

      expect(
        await outcome(
          isMissing ? formOf([field("longtext", { required: true })]) : form,
          { it, other: "x" },
          encoding,
        ),
      ).toEqual(expected);
    }
  }
});
