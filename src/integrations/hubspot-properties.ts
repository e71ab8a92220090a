import type { CrmContact } from "#/kernel/crm";

/** Contact property by field, where HUBSPOT_PROPERTIES says nothing of the field. */
const usual: Readonly<Record<string, string>> = {
  name: "firstname",
  company: "company",
  phone: "phone",
  job_title: "jobtitle",
  role: "jobtitle",
  website: "website",
};

/** What every portal has. */
const standard = new Set(["firstname", "lastname", "company", "phone", "jobtitle", "website"]);

/** The property a field is kept in. A field that is configured as the empty text is kept in none. */
export const propertyReader =
  (configured: Readonly<Record<string, string>> = {}) =>
  (field: string): string | undefined =>
    (Object.hasOwn(configured, field)
      ? configured[field]
      : Object.hasOwn(usual, field)
        ? usual[field]
        : "") || undefined;

/** As HubSpot takes a contact: the address in lower case, and a whole name parted at its last space. */
export function contactProperties({ email, properties }: CrmContact): Record<string, string> {
  const { firstname = "", lastname } = properties;
  const [, first, last] = /^(.*\S)\s+(\S+)$/su.exec(firstname.trim()) ?? [];
  const parted = first && last && lastname === undefined ? { firstname: first, lastname: last } : {};
  return { ...properties, ...parted, email: email.toLowerCase() };
}

/** Only what no portal lacks, for one that does not know the others. */
export const standardOnly = (properties: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => name === "email" || standard.has(name)));
