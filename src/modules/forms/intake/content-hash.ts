import type { StoredValue } from "../catalogue/field-kinds";

/**
 * 16 bytes of SHA-256 over the checked fields, not the control fields, in hexadecimal. The same content gives the same
 * hash in whichever encoding and order it was sent, since checked fields come in one order.
 */
export const contentHash = (fields: Readonly<Record<string, StoredValue>>): string =>
  new Bun.CryptoHasher("sha256").update(JSON.stringify(fields)).digest("hex").slice(0, 32);
