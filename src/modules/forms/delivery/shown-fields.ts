import type { StoredValue } from "../catalogue/field-kinds";
import type { FormDefinition } from "../catalogue/form-definition";
import { isSpoken, type Language, labelOf } from "../pages/languages";

/** A field as a person reads it. */
export type ShownField = { label: string; value: string };

/** What the team is written to in: the form's language where we speak it. */
export const languageOf = ({ language }: Pick<FormDefinition, "language">): Language =>
  language !== undefined && isSpoken(language) ? language : "en";

/** What was sent: declared fields in their order under their labels, then the others under their names. */
export function shownFields(
  form: FormDefinition,
  fields: Readonly<Record<string, StoredValue>>,
  language: Language,
): ShownField[] {
  const declared = form.fields.filter(({ name }) => Object.hasOwn(fields, name));
  const names = new Set(declared.map(({ name }) => name));
  return [
    ...declared.map((field) => ({
      label: labelOf(field, language, form),
      value: toText(fields[field.name]),
    })),
    ...Object.keys(fields)
      .filter((name) => !names.has(name))
      .map((name) => ({ label: name.replace(/[\p{Zl}\p{Zp}]/gu, " "), value: toText(fields[name]) })),
  ];
}

const toText = (value: StoredValue | undefined): string =>
  Array.isArray(value) ? value.join("\n") : String(value ?? "");
