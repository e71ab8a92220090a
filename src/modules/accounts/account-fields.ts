import { t } from "elysia";

/** Members of bodies that several routes take. */
export const Password = t.String({ minLength: 1, maxLength: 1024, examples: ["correct horse battery"] });
export const Otp = t.String({
  minLength: 1,
  maxLength: 64,
  description: "A code of the app, or a recovery code",
  examples: ["123456"],
});
