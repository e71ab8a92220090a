import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { deriveKey } from "#/kernel/crypto";
import { type Feature, featuresOf, tokensOf } from "#/modules/forms/screening/spam-features";

const valuesOf = (kind: Feature["kind"], message: string, email: string | null = null) =>
  featuresOf({ fields: { message }, emailNormalised: email })
    .filter((feature) => feature.kind === kind)
    .map(({ value }) => value);

describe("the features of a message", () => {
  test.each([
    ["words in lower case, once each", "Buy, buy BUY cheap", ["buy", "cheap"]],
    ["full-width letters as the same letters", "Ｃａｓｉｎｏ", ["casino"]],
    ["words of a language without spaces", "御社のサービス", ["御社", "の", "サービス"]],
    ["no numbers and no single letters", "a 12 12.5 1,000 v1agra", ["v1agra"]],
    ["no address and no link", "ask ada@example.com or https://example.com/buy now", ["ask", "or", "now"]],
    ["nothing of what is no word", "*** --- \u0000 \ud800", []],
  ])("have %s", (_, message, words) => {
    expect(valuesOf("word", message)).toEqual(words);
  });

  test("name hosts of links, without www", () => {
    const text = `<a href="https://www.shop.example/x?y">x</a> (http://Other.Example:8080/) https:// https://[`;

    expect(valuesOf("host", text)).toEqual(["shop.example", "other.example"]);
  });

  test("name the sender's domain, the scripts and a class of length", () => {
    expect(valuesOf("sender", "Hello", "ada@example.com")).toEqual(["example.com"]);
    expect(valuesOf("sender", "Hello")).toEqual([]);
    expect(valuesOf("script", "Продвижение сайтов в Google")).toEqual(["Latin+Cyrillic"]);
    expect(valuesOf("script", "12345")).toEqual([""]);
    expect(["", "x".repeat(61), "x".repeat(9_000)].flatMap((text) => valuesOf("length", text))).toEqual([
      "up to 60",
      "up to 200",
      "longer",
    ]);
  });

  test("are bounded, and soon found, whatever is sent", () => {
    const many = Array.from({ length: 50_000 }, (_, at) => `word${at.toString(36)} https://h${at}.example/`);
    const hostile = ["@".repeat(200_000), "://".repeat(60_000), "a".repeat(200_000), many.join(" ")];

    const began = performance.now();
    const counts = hostile.map(
      (message) => featuresOf({ fields: { message }, emailNormalised: null }).length,
    );

    expect(Math.max(...counts)).toBeLessThanOrEqual(144);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

test("a token is the first 64 bits of an HMAC as a signed number, and another secret gives another", () => {
  const secret = new Uint8Array(32).fill(7);
  const features: Feature[] = Array.from({ length: 50 }, (_, at) => ({ kind: "word", value: `w${at}` }));

  const tokens = tokensOf(secret, features);

  const key = deriveKey(secret, "forms.spam-tokens");
  const expected = features.map(({ value }) => {
    const digest = createHmac("sha256", key).update(`word:${value}`).digest("hex").slice(0, 16);
    return BigInt.asIntN(64, BigInt(`0x${digest}`)).toString();
  });
  expect(tokens).toEqual(expected);
  expect(tokens.some((token) => token.startsWith("-"))).toBe(true);
  expect(tokensOf(new Uint8Array(32).fill(8), features)).not.toEqual(tokens);
});
