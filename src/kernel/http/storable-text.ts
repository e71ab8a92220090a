import type { FieldError } from "../errors";

/** PostgreSQL refuses NUL in text, and a lone surrogate would silently become U+FFFD. */
export const isStorableText = (text: string) => text.isWellFormed() && !text.includes("\0");

/** Every text of a JSON value that cannot be stored, by its path; names are checked like values. At most 20. */
export function unstorableTexts(value: unknown, field = "", found: FieldError[] = []): FieldError[] {
  if (found.length >= 20) return found;
  if (typeof value === "string") {
    if (!isStorableText(value))
      found.push({ field, code: "invalid_text", detail: "This text holds characters that cannot be kept" });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) unstorableTexts(item, join(field, String(index)), found);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      unstorableTexts(name, join(field, "*"), found);
      unstorableTexts(member, join(field, /^[\w-]{1,64}$/.test(name) ? name : "*"), found);
    }
  }
  return found;
}

const join = (field: string, name: string) => (field === "" ? name : `${field}.${name}`);
