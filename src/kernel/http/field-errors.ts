import { ValueErrorType as Broken, type ValueError } from "@sinclair/typebox/errors";
import type { ValidationError } from "elysia";
import type { FieldError } from "../errors";

/** A hostile body can break a rule in every member; nobody reads more than this. */
const mostErrors = 20;

type Wording = readonly [code: string, detail: string];

const wordings = new Map<Broken, Wording>([
  [Broken.ObjectRequiredProperty, ["required", "This field is required"]],
  [Broken.StringMinLength, ["too_short", "This text is too short"]],
  [Broken.StringMaxLength, ["too_long", "This text is too long"]],
  [Broken.StringPattern, ["invalid_format", "This text does not have the expected form"]],
  [Broken.StringFormat, ["invalid_format", "This text does not have the expected form"]],
  [Broken.String, ["not_text", "This must be text"]],
  [Broken.Number, ["not_a_number", "This must be a number"]],
  [Broken.Integer, ["not_a_number", "This must be a whole number"]],
  [Broken.NumberMinimum, ["too_small", "This number is too small"]],
  [Broken.NumberExclusiveMinimum, ["too_small", "This number is too small"]],
  [Broken.IntegerMinimum, ["too_small", "This number is too small"]],
  [Broken.IntegerExclusiveMinimum, ["too_small", "This number is too small"]],
  [Broken.NumberMaximum, ["too_large", "This number is too large"]],
  [Broken.NumberExclusiveMaximum, ["too_large", "This number is too large"]],
  [Broken.IntegerMaximum, ["too_large", "This number is too large"]],
  [Broken.IntegerExclusiveMaximum, ["too_large", "This number is too large"]],
  [Broken.Boolean, ["not_a_boolean", "This must be true or false"]],
  [Broken.Array, ["not_a_list", "This must be a list"]],
  [Broken.ArrayMinItems, ["too_few", "This list is too short"]],
  [Broken.ArrayMaxItems, ["too_many", "This list is too long"]],
  [Broken.Object, ["not_an_object", "This must be an object"]],
  [Broken.Literal, ["not_an_option", "This is none of the options"]],
  [Broken.ObjectAdditionalProperties, ["unexpected", "This field is not expected"]],
]);

/**
 * Names the fields and never the values: a refused body can hold personal data. One error a field, the first broken
 * rule; a name that is no plain identifier may be the sender's own text and becomes `*`.
 */
export function fieldErrors(error: ValidationError): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const broken of brokenRules(error)) {
    const field = nameField(broken.path);
    if (found.has(field)) continue;
    const [code, detail] = wordRule(broken);
    found.set(field, { field, code, detail });
    if (found.size === mostErrors) break;
  }
  return [...found.values()];
}

/** Elysia keeps a missing member as `undefined`, and writes numbers that may come as text as unions. */
function wordRule({ type, value, schema }: ValueError): Wording {
  if (value === undefined) return wordings.get(Broken.ObjectRequiredProperty) as Wording;
  const options: unknown[] = schema.anyOf ?? [];
  if (schema.enum || (options.length > 0 && options.every((option) => has(option, "const")))) {
    return wordings.get(Broken.Literal) as Wording;
  }
  if (options.some((option) => has(option, "type", "number") || has(option, "type", "integer"))) {
    return wordings.get(Broken.Number) as Wording;
  }
  return wordings.get(type) ?? ["invalid", "This value is not valid"];
}

const has = (option: unknown, name: string, value?: string) => {
  const found = (option as Record<string, unknown>)[name];
  return value === undefined ? found !== undefined : found === value;
};

function brokenRules({ validator, value, valueError }: ValidationError): Iterable<ValueError> {
  if ("Errors" in validator) return validator.Errors(value);
  return valueError ? [valueError] : [];
}

/** A JSON pointer (RFC 6901) as `address.lines.0`; the body itself is `""`. */
function nameField(pointer: string): string {
  return pointer.split("/").slice(1).map(sayableName).join(".");
}

/** A member's name as a refusal may say it: what is no plain identifier may be the sender's own text, and is `*`. */
export const sayableName = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,63}$|^[0-9]{1,4}$/.test(name) ? name : "*";
