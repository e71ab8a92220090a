import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

type Key = Uint8Array;

/**
 * One key per purpose from one secret: HKDF-SHA256 (RFC 5869) with an empty salt and the label as info.
 * `length` in bytes. The same secret and label give the same key on every machine.
 */
export const deriveKey = (rootSecret: Key, label: string, length = 32): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", rootSecret, "", `gatehouse ${label}`, length));

/** HMAC-SHA256 of the UTF-8 text, as 43 characters of base64url. */
export const sign = (key: Key, text: string): string =>
  createHmac("sha256", key).update(text).digest("base64url");

/** Compares in constant time, as text: another spelling of the same bytes is refused. */
export function verify(key: Key, text: string, signature: string): boolean {
  const [expected, given] = [Buffer.from(sign(key, text)), Buffer.from(signature)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Random bytes as base64url without padding: 32 bytes are 43 characters. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString("base64url");
