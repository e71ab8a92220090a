import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { deriveKey, randomToken, sign, verify } from "#/kernel/crypto";

const secret = Buffer.from("0b".repeat(32), "hex");

test("derives by HKDF-SHA256 as RFC 5869 writes it out", () => {
  const hmac = (key: Uint8Array, data: Uint8Array) => createHmac("sha256", key).update(data).digest();
  const extracted = hmac(Buffer.alloc(32), secret);
  const expanded = hmac(extracted, Buffer.concat([Buffer.from("gatehouse sessions"), Buffer.of(1)]));

  const key = deriveKey(secret, "sessions");

  expect(Buffer.from(key).toString("hex")).toBe(expanded.toString("hex"));
});

test("gives every label and every secret a key of its own, of the length asked for", () => {
  const keys = [
    deriveKey(secret, "a"),
    deriveKey(secret, "b"),
    deriveKey(Buffer.alloc(32, 1), "a"),
    deriveKey(secret, "a", 64),
  ].map((key) => Buffer.from(key).toString("hex"));

  expect(new Set(keys).size).toBe(4);
  expect(keys.map((key) => key.length)).toEqual([64, 64, 64, 128]);
});

test("signs by HMAC-SHA256 (RFC 4231, case 2)", () => {
  const signature = sign(Buffer.from("Jefe"), "what do ya want for nothing?");

  expect(Buffer.from(signature, "base64url").toString("hex")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("takes the signature of this key and this text, and nothing else", () => {
  const signature = sign(secret, "text");
  const changed = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;

  expect(verify(secret, "text", signature)).toBe(true);
  expect(verify(secret, "other", signature)).toBe(false);
  expect(verify(Buffer.alloc(32), "text", signature)).toBe(false);
  for (const forged of [changed, "", signature.slice(1), `${signature}=`, `${signature}A`, "é".repeat(43)]) {
    expect(verify(secret, "text", forged)).toBe(false);
  }
});

test("makes tokens of the length asked for, never twice the same", () => {
  const tokens = Array.from({ length: 100 }, () => randomToken(16));

  expect(new Set(tokens).size).toBe(100);
  expect(tokens.every((token) => /^[\w-]{22}$/.test(token))).toBe(true);
  expect(randomToken()).toHaveLength(43);
});
