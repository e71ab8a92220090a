import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "#/kernel/errors";
import { readBody } from "#/modules/forms/intake/read-body";
import { encodePost, encodings } from "../support/encode-post";

const utf8 = (text: string) => new TextEncoder().encode(text);
const urlencoded = "application/x-www-form-urlencoded";

const read = (body: string | Uint8Array, type: string | null) => {
  const { encoding, fields, files } = readBody(typeof body === "string" ? utf8(body) : body, type);
  return { encoding, fields: Object.fromEntries(fields), files };
};
const fieldsOf = (body: string | Uint8Array, type: string | null) => read(body, type).fields;

function refusal(body: string | Uint8Array, type: string | null): { status: number; code: string } {
  try {
    read(body, type);
  } catch (error) {
    if (error instanceof AppError) return { status: error.status, code: error.code };
    throw error;
  }
  throw new Error("It was read");
}

const malformed = { status: 400, code: "malformed_body" };
const unsupported = { status: 415, code: "unsupported_media_type" };
const tooLarge = { status: 413, code: "too_large" };

const multipart = (...lines: string[]) => lines.join("\r\n");
const part = (headers: string, content: string) => multipart("--b", headers, "", content);
const text = (name: string, content: string) =>
  part(`Content-Disposition: form-data; name="${name}"`, content);
const boundary = "multipart/form-data; boundary=b";
const whole = (...parts: string[]) => multipart(...parts, "--b--", "");

describe("media types", () => {
  test.each([
    ["application/json", '{"a":"1"}'],
    ["application/json; charset=utf-8", '{"a":"1"}'],
    ["Application/JSON;charset=UTF-8", '{"a":"1"}'],
    [urlencoded, "a=1"],
    [`${urlencoded}; charset="utf-8"`, "a=1"],
    [boundary, whole(text("a", "1"))],
    ['multipart/form-data; boundary="b"; charset=utf-8', whole(text("a", "1"))],
  ])("reads %s", (type, body) => {
    expect(fieldsOf(body, type)).toEqual({ a: "1" });
  });

  test.each([
    ["no type", null],
    ["text", "text/plain"],
    ["a look-alike", "application/jsonx"],
    ["another charset", "application/json; charset=utf-16"],
    ["another charset", `${urlencoded}; charset=iso-8859-1`],
    ["XML", "application/xml"],
  ])("refuses a body of %s with 415", (_title, type) => {
    expect(refusal("a=1", type)).toEqual(unsupported);
  });

  test("takes no body at all, and an empty one of a known type, for a post without fields", () => {
    expect(fieldsOf("", null)).toEqual({});
    for (const type of ["application/json", urlencoded, boundary]) expect(fieldsOf("", type)).toEqual({});
    expect(refusal("", "text/plain")).toEqual(unsupported);
  });
});

describe("JSON", () => {
  const json = "application/json";
  test.each([
    [
      "values as they are",
      '{"a":"x","b":1.5,"c":true,"d":null,"e":["x",2]}',
      { a: "x", b: 1.5, c: true, d: null, e: ["x", 2] },
    ],
    ["the last of two equal keys", '{"a":"1","a":"2"}', { a: "2" }],
    ["a list at the top as no fields", '["a"]', {}],
    ["text at the top as no fields", '"a"', {}],
    ["null as no fields", "null", {}],
    ["a byte order mark", '\ufeff{"a":"1"}', { a: "1" }],
    [
      "brackets inside text",
      `{"a":"${"[".repeat(100)}\\"${"{".repeat(100)}"}`,
      { a: `${"[".repeat(100)}"${"{".repeat(100)}` },
    ],
  ])("reads %s", (_title, body, expected) => {
    expect(fieldsOf(body, json)).toEqual(expected);
  });

  test("takes 32 levels and refuses the 33rd before parsing", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

    expect(Object.keys(fieldsOf(nested(32), json))).toEqual(["a"]);
    expect(refusal(nested(33), json)).toEqual(malformed);
    expect(refusal("[".repeat(100_000), json)).toEqual(malformed);
  });

  test.each([
    ["cut off", '{"a":'],
    ["with a comment", '{"a":1}//'],
    ["of blanks", "  "],
  ])("refuses JSON %s", (_title, body) => {
    expect(refusal(body, json)).toEqual(malformed);
  });

  test("refuses bytes that are not UTF-8 instead of replacing them", () => {
    expect(refusal(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), json)).toEqual(malformed);
  });

  test("keeps __proto__ an ordinary name and pollutes nothing", () => {
    const { fields } = readBody(utf8('{"__proto__":{"polluted":true},"constructor":1}'), json);

    expect([...fields.keys()]).toEqual(["__proto__", "constructor"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("urlencoded", () => {
  test.each([
    ["plus as a space", "a=x+y%2B", { a: "x y+" }],
    ["repeats as a list", "a=1&a=2&a=3", { a: ["1", "2", "3"] }],
    ["a name without value", "a&b=", { a: "", b: "" }],
    ["an equals sign in the value", "a=b=c", { a: "b=c" }],
    ["empty pairs", "&&a=1&", { a: "1" }],
    ["UTF-8", "n%C3%A4me=%F0%9F%98%80ä", { näme: "😀ä" }],
  ])("reads %s", (_title, body, expected) => {
    expect(fieldsOf(body, urlencoded)).toEqual(expected);
  });

  test.each([
    ["a broken escape", "a=%zz"],
    ["a cut escape", "a=%4"],
    ["Latin-1", "a=%E4"],
    ["an overlong sequence", "a=%C0%AF"],
    ["an encoded surrogate", "a=%ED%A0%80"],
  ])("refuses %s", (_title, body) => {
    expect(refusal(body, urlencoded)).toEqual(malformed);
  });
});

describe("multipart", () => {
  test.each([
    ["text that looks like JSON", whole(text("a", '{"x":[1,2]}')), { a: '{"x":[1,2]}' }],
    ["a dotted name flat", whole(text("a.b", "1")), { "a.b": "1" }],
    ["repeats as a list", whole(text("a", "1"), text("a", "2")), { a: ["1", "2"] }],
    ["empty content", whole(text("a", "")), { a: "" }],
    [
      "line breaks and dashes inside",
      whole(text("a", "x\r\n--\r\n--c\r\n\r\ny")),
      { a: "x\r\n--\r\n--c\r\n\r\ny" },
    ],
    ["escaped quotes of browsers", whole(text("a%22%0D%0Ab", "1")), { 'a"\r\nb': "1" }],
    ["a preamble and an epilogue", `ignore\r\n${whole(text("a", "1"))}ignore`, { a: "1" }],
    ["padding after the boundary", whole(text("a", "1")).replace("--b\r\n", "--b \t\r\n"), { a: "1" }],
    ["a name without quotes", whole(part("content-disposition:form-data;name=a", "1")), { a: "1" }],
    [
      "a type on a text part",
      whole(part('Content-Type: application/json\r\nContent-Disposition: form-data; name="a"', "[1]")),
      { a: "[1]" },
    ],
    ["no parts", "--b--\r\n", {}],
  ])("reads %s", (_title, body, expected) => {
    expect(fieldsOf(body, boundary)).toEqual(expected);
  });

  test("names files without taking their bytes, and ignores an input left alone", () => {
    const file = (name: string, content: string) =>
      part(
        `Content-Disposition: form-data; name="cv"; filename="${name}"\r\nContent-Type: text/html`,
        content,
      );

    expect(read(whole(text("a", "1"), file("../x.html", "<p>"), file("", "")), boundary)).toEqual({
      encoding: "multipart",
      fields: { a: "1" },
      files: [{ field: "cv", name: "../x.html", type: "text/html", size: 3 }],
    });
  });

  test.each([
    ["the boundary is missing", whole(text("a", "1")), "multipart/form-data"],
    ["the boundary is too long", whole(text("a", "1")), `multipart/form-data; boundary=${"b".repeat(71)}`],
    ["the boundary never comes", "nothing here", boundary],
    ["the end is cut off", text("a", "1"), boundary],
    ["the last boundary is cut off", `${text("a", "1")}\r\n--b`, boundary],
    ["a part has no headers", multipart("--b", "", "x", "--b--"), boundary],
    ["a part has no name", whole(part("Content-Disposition: form-data", "1")), boundary],
    ["a part is an attachment", whole(part('Content-Disposition: attachment; name="a"', "1")), boundary],
    [
      "headers of a part exceed 8 KB",
      whole(part(`X: ${"x".repeat(8200)}\r\nContent-Disposition: form-data; name="a"`, "1")),
      boundary,
    ],
    [
      "a part is in base64",
      whole(part('Content-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name="a"', "MQ==")),
      boundary,
    ],
  ])("refuses it when %s", (_title, body, type) => {
    expect(refusal(body, type)).toEqual(malformed);
  });

  test("takes 120 parts and refuses the 121st", () => {
    const parts = (count: number) => whole(...Array.from({ length: count }, () => text("a", "1")));

    expect(fieldsOf(parts(120), boundary).a).toHaveLength(120);
    expect(refusal(parts(121), boundary)).toEqual(malformed);
  });

  test("refuses a part in another charset with 415, and one that is not UTF-8 with 400", () => {
    const latin = part(
      'Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Disposition: form-data; name="a"',
      "1",
    );
    const broken = Buffer.from(whole(text("a", "\xff")), "latin1");

    expect(refusal(whole(latin), boundary)).toEqual(unsupported);
    expect(refusal(broken, boundary)).toEqual(malformed);
  });
});

test.each(encodings)(
  "takes 100 names and 256 KB of text in %s and refuses more with 413",
  async (encoding) => {
    const names = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, "x"]));
    const sent = async (fields: Record<string, string>) => {
      const { bytes, type } = await encodePost(fields, encoding);
      return [bytes, type] as const;
    };

    expect(Object.keys(fieldsOf(...(await sent(names(100)))))).toHaveLength(100);
    expect(refusal(...(await sent(names(101))))).toEqual(tooLarge);
    expect(fieldsOf(...(await sent({ a: "x".repeat(262_143) }))).a).toHaveLength(262_143);
    expect(refusal(...(await sent({ a: "x".repeat(262_144) })))).toEqual(tooLarge);
  },
);

test("answers any bytes of any type with fields or a refusal of its own", () => {
  const pieces = [
    "--b",
    "--b--",
    "\r\n",
    "\r\n\r\n",
    'Content-Disposition: form-data; name="a"',
    "=",
    "&",
    "%",
    '{"a":',
    "[",
    "}",
    "\0",
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary" })), { maxLength: 12 })
      .map((all) => utf8(all.join(""))),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom("application/json", urlencoded, boundary), (body, type) => {
      try {
        expect(readBody(body, type).fields).toBeInstanceOf(Map);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns: 500 },
  );
});

test("reads any text back from each encoding as it was written", async () => {
  const anyText = fc
    .string({ unit: "grapheme", minLength: 1 })
    .map((all) => all.toWellFormed().replace(/\r\n?|\n/g, "\r\n"));
  await fc.assert(
    fc.asyncProperty(anyText, anyText, fc.constantFrom(...encodings), async (name, value, encoding) => {
      const { bytes, type } = await encodePost({ [`x${name}`]: value }, encoding);

      expect([...readBody(bytes, type).fields]).toEqual([[`x${name}`, value]]);
    }),
    { numRuns: 200 },
  );
});
