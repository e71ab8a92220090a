import type { FieldError } from "#/kernel/errors";
import { type Language, wordsOf } from "../pages/languages";
import type { Broken } from "./field-kinds";

/** Words one broken rule in the visitor's language. Quotes the limit, never the value. */
export function explainField(field: string, { broken, bound }: Broken, language: Language): FieldError {
  const limit = new Intl.NumberFormat(language).format(bound);
  return { field, code: broken, detail: wordsOf(language).fields[broken](limit) };
}
