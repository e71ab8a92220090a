import type { FormDefinition } from "./form-definition";

/**
 * The form of the test messages that the service sends itself. Its name is none that a form can have: no door leads
 * here, and no list shows it.
 */
export const canaryForm: FormDefinition = {
  slug: "_canary",
  title: { en: "Delivery check", de: "Zustellprüfung" },
  fields: [{ name: "note", type: "longtext", label: { en: "Note", de: "Hinweis" } }],
  unlisted: "drop",
  allowedOrigins: [],
  doors: [],
  open: false,
  deliver: ["slack"],
};
