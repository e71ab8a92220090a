import type { HashCaller } from "#/kernel/crypto";
import type { Kernel } from "#/kernel/kernel";
import { passwordBytes } from "./password-bytes";

/** Argon2id, memory in KiB, as OWASP's Password Storage Cheat Sheet has it: 17-20 ms, Bun's own 64 MiB take 70. */
export const ownCost = { memory: 19_456, passes: 2 };

/** How every hash made here begins. Bun fixes the parallelism at 1. */
export const ownPrefix = `$argon2id$v=19$m=${ownCost.memory},t=${ownCost.passes},p=1$`;

/**
 * The PHC string to store, 97 characters or so, once its turn came (refusals: see `HashQueue`). Throws for what
 * `checkNewPassword` refuses as no text, too long or empty: check first.
 */
export function hashPassword(
  { hashing }: Pick<Kernel, "hashing">,
  password: string,
  caller: HashCaller,
): Promise<string> {
  const bytes = passwordBytes(password);
  if (!bytes) throw new TypeError("Cannot hash a password that was not checked");
  return hashing.run(() => hashBytes(bytes), caller);
}

/** For work that has its turn already. */
export const hashBytes = (bytes: Uint8Array): Promise<string> =>
  Bun.password.hash(bytes, {
    algorithm: "argon2id",
    memoryCost: ownCost.memory,
    timeCost: ownCost.passes,
  });
