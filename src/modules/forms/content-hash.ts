import type { StoredValue } from "./field-kinds";

/**
 * 16 bytes of SHA-256 over the checked fields, not the control fields. The same content gives the same hash
 * in whichever encoding and order it was sent, since checked fields come in one order.
 */
export const contentHash = (fields: Readonly<Record<string, StoredValue>>): Buffer =>
  shortHash(JSON.stringify(fields));

/** 16 bytes that name one client sending one content to one form: the key of the double-click window. */
export const clientTag = (form: string, client: string, content: Uint8Array): Buffer =>
  shortHash(JSON.stringify([form, client, Buffer.from(content).toString("base64")]));

const shortHash = (text: string) =>
  new Bun.CryptoHasher("sha256").update(text).digest().subarray(0, 16) as Buffer;
