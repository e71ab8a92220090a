import { expect, test } from "bun:test";
import { readHash } from "#/modules/accounts/read-hash";

const tail = `${"A".repeat(22)}$${"A".repeat(43)}`;
const argon2 = (variant: string, parameters: string) => `$argon2${variant}$v=19$${parameters}$${tail}`;
const bcryptTail = "abcdefghijklmnopqrstuu7SMnQ5/uhVwEAbcoPzS9DezxzJXQuTy";

test.each([
  ["ours", argon2("id", "m=19456,t=2,p=1"), false],
  ["stronger", argon2("id", "m=65536,t=3,p=4"), false],
  ["Django's", argon2("id", "m=102400,t=2,p=8"), false],
  ["less memory", argon2("id", "m=19455,t=2,p=1"), true],
  ["fewer passes", argon2("id", "m=65536,t=1,p=1"), true],
  ["argon2i", argon2("i", "m=65536,t=3,p=1"), true],
  ["argon2d", argon2("d", "m=65536,t=3,p=1"), true],
  ["bcrypt $2a$", `$2a$12$${bcryptTail}`, true],
  ["bcrypt $2b$", `$2b$04$${bcryptTail}`, true],
  ["bcrypt $2y$", `$2y$14$${bcryptTail}`, true],
])("%s: weaker %p", (_, text, weaker) => {
  expect(readHash(text)).toMatchObject({ text, weaker });
});

test.each([
  ["memory of 4 GiB", argon2("id", "m=4194304,t=2,p=1"), "hash_too_costly"],
  ["memory beyond any number", argon2("id", `m=${"9".repeat(10)},t=2,p=1`), "hash_too_costly"],
  ["a million passes", argon2("id", "m=19456,t=1000000,p=1"), "hash_too_costly"],
  ["1,000 threads", argon2("id", "m=19456,t=2,p=1000"), "hash_too_costly"],
  ["bcrypt for hours", `$2b$31$${bcryptTail}`, "hash_too_costly"],
  ["numbers longer than any", argon2("id", `m=${"9".repeat(400)},t=2,p=1`), "hash_unknown"],
  ["nothing", "", "hash_unknown"],
  ["plain text", "hunter2hunter2", "hash_unknown"],
  ["$2x$, bcrypt with a known fault", `$2x$05$${bcryptTail}`, "hash_unknown"],
  ["bcrypt cut short", `$2b$05$${bcryptTail.slice(1)}`, "hash_unknown"],
  ["argon2 without its version", `$argon2id$m=19456,t=2,p=1$${tail}`, "hash_unknown"],
  ["argon2 without salt and hash", "$argon2id$v=19$m=19456,t=2,p=1$$", "hash_unknown"],
  ["a line end behind it", `${argon2("id", "m=19456,t=2,p=1")}\n`, "hash_unknown"],
  ["Django's PBKDF2", "pbkdf2_sha256$600000$abc$def", "hash_unknown"],
])("%s is not computed: %p", (_, text, unusable) => {
  expect(readHash(text)).toEqual({ unusable } as ReturnType<typeof readHash>);
});
