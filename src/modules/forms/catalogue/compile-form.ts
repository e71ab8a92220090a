import { Kind, type TObject, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { isEmailAddress } from "#/kernel/email-address";
import type { FieldError } from "#/kernel/errors";
import type { Posted } from "../intake/read-post";
import { type Language, labelOf, spokenLanguages } from "../pages/languages";
import { explainField } from "./explain-field";
import { type Broken, fieldKinds, isBroken, type StoredValue } from "./field-kinds";
import type { Field, FormDefinition, FormShape } from "./form-definition";
import { isFieldName, takeUnlisted, wholeBody } from "./unlisted-fields";

/** What a post comes to. `fields` has no prototype; its order is the same for the same content. */
export type Checked =
  | {
      ok: true;
      fields: Record<string, StoredValue>;
      /** The visitor's address, lower-cased, for looking up; undefined when there is no valid one. */
      emailNormalised: string | undefined;
      /** `_replyto`, else the visitor's address as typed. */
      replyTo: string | undefined;
    }
  /** `code`: nothing was filled in, else something required is missing, else other rules alone are broken. */
  | { ok: false; code: "empty" | "required" | "invalid"; errors: FieldError[] };

export type CompiledForm = FormShape & {
  /** Of the definition; 0 is the built-in one. A message keeps it. */
  version: number;
  /** Describes the request body, and holds what was read to the rules of every field. */
  schema: TObject;
  check: (posted: Posted, language: Language) => Checked;
};

type Rule = (value: StoredValue) => Broken | undefined;
type CompiledField = { field: Field; rule: Rule; list: string | undefined; labels: Record<Language, string> };

const fieldKind = "gatehouse.FormField";
const rules = new WeakMap<object, Rule>();
TypeRegistry.Set<TSchema>(fieldKind, (schema, value) => {
  const rule = rules.get(schema);
  return rule !== undefined && rule(value as StoredValue) === undefined;
});

const required: Broken = { broken: "required", bound: 0 };
const noFiles: Broken = { broken: "files_not_accepted", bound: 0 };

/**
 * Prepares a form for checking posts. The TypeBox schema holds a type of our own for fields, because TypeBox
 * counts UTF-16 units where a limit means characters, and knows neither our codes nor their order; compiled,
 * it decides in one pass whether all is well. Only a post that fails is looked at field by field.
 */
export function compileForm(definition: FormDefinition, version = 0): CompiledForm {
  const fields = definition.fields.map((field) => compileField(field, definition));
  const schema = describe(fields, definition);
  const compiled = TypeCompiler.Compile(schema);
  const names = new Set(fields.flatMap(({ field, list }) => (list ? [field.name, list] : [field.name])));
  const declares = (name: string) => names.has(name);
  const emailField = definition.fields.find(({ type }) => type === "email")?.name ?? "email";

  const check = (posted: Posted, language: Language): Checked => {
    const read: Record<string, StoredValue> = Object.create(null);
    const shapes = readDeclared(fields, posted.fields, language, read);
    const found = countDeclared(fields, posted.fields);
    const strangers =
      found === posted.fields.size ? undefined : takeUnlisted(definition, posted.fields, declares, read);
    if (shapes || strangers || posted.files.length > 0 || !compiled.Check(read)) {
      return refuse(fields, read, new Map([...(shapes ?? []), ...(strangers ?? [])]), posted, language);
    }
    const email = addressIn(read, emailField);
    return {
      ok: true,
      fields: read,
      emailNormalised: email?.toLowerCase(),
      replyTo: posted.control.replyTo ?? email,
    };
  };
  return { definition, version, schema, declares, check };
}

function compileField(field: Field, definition: FormDefinition): CompiledField {
  const labels = Object.fromEntries(
    spokenLanguages.map((language) => [language, labelOf(field, language, definition)]),
  );
  return {
    field,
    rule: fieldKinds[field.type].rule(field),
    list: field.type === "choices" ? `${field.name}[]` : undefined,
    labels: labels as Record<Language, string>,
  };
}

function describe(fields: readonly CompiledField[], definition: FormDefinition): TObject {
  const properties = fields.map(({ field, rule, labels }) => {
    const schema = Type.Unsafe<StoredValue>({
      [Kind]: fieldKind,
      ...fieldKinds[field.type].keywords(field),
      description: labels.en,
      ...(field.example !== undefined && { examples: [field.example] }),
    });
    const property = field.required ? schema : Type.Optional(schema);
    rules.set(property, rule);
    return [field.name, property] as const;
  });
  return Type.Object(Object.fromEntries(properties), {
    additionalProperties: definition.unlisted === "keep",
  });
}

/** Puts what can be read into `read`, and returns the fields of the wrong shape, if any. */
function readDeclared(
  fields: readonly CompiledField[],
  posted: Posted["fields"],
  language: Language,
  read: Record<string, StoredValue>,
): Map<string, Broken> | undefined {
  let shapes: Map<string, Broken> | undefined;
  for (const { field, list, labels } of fields) {
    let raw = posted.get(field.name);
    if (list && posted.has(list)) raw = [raw, posted.get(list)].flat();
    const value = fieldKinds[field.type].read(raw, field, labels[language]);
    if (value === undefined) continue;
    if (isBroken(value)) {
      shapes ??= new Map();
      shapes.set(field.name, value);
    } else read[field.name] = value;
  }
  return shapes;
}

function countDeclared(fields: readonly CompiledField[], posted: Posted["fields"]): number {
  let found = 0;
  for (const { field, list } of fields) {
    if (posted.has(field.name)) found++;
    if (list && posted.has(list)) found++;
  }
  return found;
}

function refuse(
  fields: readonly CompiledField[],
  read: Record<string, StoredValue>,
  problems: Map<string, Broken>,
  { files }: Posted,
  language: Language,
): Checked {
  const isEmpty = Object.keys(read).length === 0 && problems.size === 0 && files.length === 0;
  const errors: FieldError[] = [];
  for (const { field, rule } of fields) {
    const value = read[field.name];
    const missing = field.required && value === undefined ? required : undefined;
    const problem = problems.get(field.name) ?? (value === undefined ? missing : rule(value));
    if (problem) errors.push(explainField(field.name, problem, language));
    problems.delete(field.name);
  }
  for (const [name, problem] of problems) errors.push(explainField(name, problem, language));
  for (const name of new Set(files.map(({ field }) => (isFieldName(field) ? field : wholeBody)))) {
    errors.push(explainField(name, noFiles, language));
  }
  const isIncomplete = errors.some(({ code }) => code === "required");
  return { ok: false, code: isEmpty ? "empty" : isIncomplete ? "required" : "invalid", errors };
}

function addressIn(fields: Record<string, StoredValue>, declared: string): string | undefined {
  for (const name of [declared, "email", "Email"]) {
    const value = fields[name];
    if (typeof value === "string" && isEmailAddress(value)) return value;
  }
  return undefined;
}
