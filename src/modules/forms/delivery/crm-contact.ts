import type { CrmContact } from "#/kernel/crm";
import type { Submission } from "../queries";

/** Characters; what is longer stands in the note only. */
const propertyLength = 2_000;

/** The person behind a message, with the fields that have a property of their own; undefined without an address. */
export function crmContact(
  { emailNormalised, fields }: Pick<Submission, "emailNormalised" | "fields">,
  propertyOf: (field: string) => string | undefined,
): CrmContact | undefined {
  if (emailNormalised === null) return;
  const properties = new Map<string, string>();
  for (const [field, value] of Object.entries(fields)) {
    const property = propertyOf(field);
    const text = Array.isArray(value) ? value.join(";") : String(value);
    // An empty text would erase what the team knows.
    if (property !== undefined && text.trim() !== "" && text.length <= propertyLength)
      properties.set(property, text);
  }
  return { email: emailNormalised, properties: Object.fromEntries(properties) };
}
