import { createHash } from "node:crypto";
import type { Config } from "#/kernel/config";
import { deriveKey, sign } from "#/kernel/crypto";

/**
 * What opens the page of one's own entry. Derived from the entry with a key of this service, so that it can be shown
 * again, and stored as a hash alone.
 */
export const statusToken = ({ rootSecret }: Pick<Config, "rootSecret">, entryId: string): string =>
  sign(deriveKey(rootSecret, "forms.waitlist-status"), entryId);

/** SHA-256, as the table holds it. */
export const hashOfStatus = (token: string): Uint8Array => createHash("sha256").update(token).digest();
