import { catalogue } from "#/modules/forms/catalogue/catalogue";

type Fields = Record<string, string>;

/** One address that a form is posted to, and a body it takes: the required fields alone. */
export type Door = { door: string; slug: string; valid: Fields; required: string[]; problem: boolean };

/** Every documented address, from the catalogue, so that a new form is held to the contract by being there. */
export const doors: readonly Door[] = catalogue.flatMap(({ slug, fields, doors }) => {
  const required = fields.filter((field) => field.required);
  const valid = Object.fromEntries(required.map(({ name, example }) => [name, String(example)]));
  return doors.map((door) => ({
    door,
    slug,
    valid,
    required: required.map(({ name }) => name),
    problem: door.startsWith("/api/v1/"),
  }));
});

/** What the contact form takes. */
export const contact: Fields = { name: "Ada Lovelace", email: "ada@example.com", message: "Please call." };
