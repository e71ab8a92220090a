import { ownCost } from "./hash-password";

/** A stored hash that may be verified. `weaker` than what is made here: it is replaced at the next sign-in. */
export type ReadableHash = { algorithm: "argon2" | "bcrypt"; text: string; weaker: boolean };
export type UnusableHash = { unusable: "hash_unknown" | "hash_too_costly" };

/** Memory in KiB. Holds Django's 102,400 and argon2-cffi's defaults; the dearest takes half a second. */
const most = { memory: 131_072, passes: 10, threads: 16, bcryptCost: 14 };

const argon2 =
  /^\$argon2(id|i|d)\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,8})\$[\w+/]{11,86}\$[\w+/]{22,86}$/;
const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/**
 * Tells what a stored hash is before anything is computed: a row that asks for gigabytes or minutes must not get them.
 * Takes PHC strings of argon2 (version 19) and bcrypt's `$2a$`, `$2b$` and `$2y$`.
 */
export function readHash(text: string): ReadableHash | UnusableHash {
  const [, cost] = bcrypt.exec(text) ?? [];
  if (cost !== undefined) {
    const tooCostly = Number(cost) > most.bcryptCost;
    return tooCostly ? { unusable: "hash_too_costly" } : { algorithm: "bcrypt", text, weaker: true };
  }
  const [, variant, ...numbers] = argon2.exec(text) ?? [];
  if (variant === undefined) return { unusable: "hash_unknown" };
  const [memory = 0, passes = 0, threads = 0] = numbers.map(Number);
  if (memory > most.memory || passes > most.passes || threads > most.threads) {
    return { unusable: "hash_too_costly" };
  }
  const weaker = variant !== "id" || memory < ownCost.memory || passes < ownCost.passes;
  return { algorithm: "argon2", text, weaker };
}
