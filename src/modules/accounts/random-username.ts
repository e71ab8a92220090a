import { randomBytes } from "node:crypto";

const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** `user-` and 50 random bits: the name of who registers without choosing one. */
export const randomUsername = (): string =>
  `user-${[...randomBytes(10)].map((byte) => base32[byte & 31]).join("")}`;
