import { t } from "elysia";

/** The name of a form in an address. */
export const Slug = t.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  description: "The form's name",
  examples: ["contact"],
});
