import { AppError, type FieldError } from "#/kernel/errors";

/** What can be wrong with a definition, in words for whoever wrote it. */
const details = {
  invalid_name:
    "A name has 1 to 100 characters, none of them a control character, and is none that the service takes for itself",
  invalid_language: "This is no language code",
  invalid_origin: "An origin is written https://www.example.com, https://*.example.com or *",
  invalid_url: "This is no http or https address",
  invalid_email: "This is no e-mail address",
  invalid_date: "There is no such time",
  invalid_example: "The field would not take this value",
  invalid_text: "This text must be on one line, with nothing blank around it",
  required: "This is needed",
  duplicate: "This stands here twice",
  not_whole: "This must be a whole number",
  too_small: "This number is too small",
  too_large: "This number is too large",
  too_many: "These are too many",
  min_over_max: "The least must not be more than the most",
  not_for_type: "A field of this type has no such setting",
  needs_email: "Confirming by mail needs a field of type email",
  built_in_field:
    "A field of a built-in form cannot be changed or left out, and one that is added cannot be required",
} as const;

export type DefinitionCode = keyof typeof details;
/** Told of each rule that is broken, and where: `fields.3.name`. */
export type Report = (field: string, code: DefinitionCode) => void;

/** A hostile definition can break a rule in every member; nobody reads more than this. */
const MOST = 20;

/** Collects what `check` reports, and refuses with 422 `invalid` when there is anything. */
export function demandSound(check: (report: Report) => void): void {
  const errors: FieldError[] = [];
  check((field, code) => {
    if (errors.length < MOST) errors.push({ field, code, detail: details[code] });
  });
  if (errors.length > 0) throw new AppError(422, "invalid", "Some fields need attention", { errors });
}
