import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isStorableText, parseJson, parseMediaType, unstorableTexts } from "#/kernel/http";
import { ask, sampleApp, sendJson } from "./sample-app";

const app = sampleApp();
const post = (body: string | Uint8Array<ArrayBuffer>, type?: string) =>
  ask(app, "/api/v1/things", sendJson(body, type));
const bytes = (text: string) => new TextEncoder().encode(text);
const valid = '{"name":"Ada"}';

describe("the type of a JSON body", () => {
  test.each([
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ['Application/JSON;Charset="UTF-8"', 200],
    ["application/json; charset=utf-16", 415],
    ["application/json; charset=latin1", 415],
    ["application/jsonx", 415],
    ["application/x-json", 415],
    ["application/problem+json", 415],
    ["application/json, text/html", 415],
    ["text/plain", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/x-www-form-urlencoded", 415],
    ["application/octet-stream", 415],
    ["json", 415],
  ])("%s is answered %d", async (type, status) => {
    expect((await post(valid, type)).status).toBe(status);
  });

  test("must be said when there is a body", async () => {
    const answer = await ask(app, "/api/v1/things", { method: "POST", body: bytes(valid) });

    expect(answer.status).toBe(415);
  });

  test("may be followed by any Content-Encoding only to be refused", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };

    const answer = await ask(app, "/api/v1/things", { method: "POST", body: Bun.gzipSync(valid), headers });

    expect(answer.status).toBe(415);
  });
});

describe("a JSON body", () => {
  const nested = (levels: number) => `{"name":"Ada","deep":${"[".repeat(levels)}${"]".repeat(levels)}}`;

  test.each([
    ["cut off", '{"name":"A', 400],
    ["not JSON", "name=Ada", 400],
    ["of 100,000 open lists", "[".repeat(100_000), 400],
    ["of 100,000 open objects", '{"a":'.repeat(100_000), 400],
    ["nested 31 levels below the object", nested(31), 200],
    ["nested 32 levels below the object", nested(32), 400],
    ["with brackets inside of a text", JSON.stringify({ name: "Ada", deep: "[".repeat(500) }), 200],
    [
      "with brackets after an escaped quote",
      '{"name":"Ada","x":"\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}',
      200,
    ],
    ["with NUL as an escape", '{"name":"A\\u0000da"}', 422],
    ["with a raw NUL", '{"name":"A\0da"}', 400],
    ["with a lone surrogate as an escape", '{"name":"A\\ud800da"}', 422],
    ["with a pair of surrogates", '{"name":"A\\ud83d\\ude00"}', 200],
    ["with a NUL in a name", '{"name":"Ada","\\u0000":1}', 422],
    ["with a byte order mark", `\ufeff${valid}`, 200],
    ["that is null", "null", 422],
    ["that is empty", "", 422],
    ["with the key __proto__", '{"name":"Ada","__proto__":{"admin":true}}', 200],
  ])("%s is answered as documented", async (_, body, status) => {
    const answer = await post(body);

    expect(answer.status).toBe(status);
    if (status === 400) expect(await answer.json()).toMatchObject({ code: "invalid_json" });
    if (status === 422) expect(await answer.json()).toMatchObject({ code: "invalid" });
  });

  test("that is not UTF-8 is refused", async () => {
    const broken = new Uint8Array([...bytes('{"name":"A'), 0xff, 0xfe, ...bytes('"}')]);

    expect((await post(broken)).status).toBe(400);
  });

  test("keeps the last of doubled keys, and no member that the schema does not name", async () => {
    const answer = await post('{"name":"first","name":"last","admin":true}');

    expect(await answer.text()).toBe('{"name":"last"}');
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  test("of one byte over the limit is refused, of the limit itself read", async () => {
    const sized = (size: number) => valid.padEnd(size, " ");

    expect((await post(sized(1024 * 1024))).status).toBe(200);
    expect((await post(sized(1024 * 1024 + 1))).status).toBe(413);
  });

  test("of any value is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("of any bytes is read or refused as invalid_json", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
        let code = "";
        try {
          parseJson(random);
        } catch (error) {
          code = (error as { code: string }).code;
        }
        expect(["", "invalid_json"]).toContain(code);
      }),
    );
  });
});

test("a text can be stored exactly when it survives UTF-8 and holds no NUL", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "\0", "\ud800", "\udc00"), (text, odd) => {
      const whole = text + odd;
      const survives =
        new TextDecoder().decode(bytes(whole)) === whole.replace(/^\ufeff/, "") && !whole.includes("\0");
      expect(isStorableText(whole)).toBe(survives);
    }),
  );
});

test("names each text that cannot be stored by its path, at most 20", () => {
  const value = { ok: "fine", lines: ["fine", "\0"], person: { name: "\ud800" }, "odd name": "\0" };

  expect(unstorableTexts(value).map(({ field }) => field)).toEqual(["lines.1", "person.name", "*"]);
  expect(unstorableTexts(new Array(1000).fill("\0")).length).toBe(20);
});

test("reads media types with their parameters and refuses what is none", () => {
  expect(parseMediaType('multipart/form-data; boundary="a b"; x=1')).toEqual({
    type: "multipart/form-data",
    parameters: new Map([
      ["boundary", "a b"],
      ["x", "1"],
    ]),
  });
  for (const wrong of ["", "json", "a/b c", "a/b; c", "a/b, c/d", `a/${"b".repeat(300)}`]) {
    expect(parseMediaType(wrong)).toBeUndefined();
  }
});
