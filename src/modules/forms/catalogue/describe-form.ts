import type { DocumentDecoration } from "elysia";
import type { CompiledForm } from "./compile-form";
import type { fieldKinds } from "./field-kinds";
import type { Field, FormDefinition } from "./form-definition";

type JsonSchema = Record<string, unknown>;
type RequestBody = NonNullable<DocumentDecoration["requestBody"]>;

const controlFields: Record<string, JsonSchema> = {
  _next: { type: "string", maxLength: 2048, description: "Where a browser goes after success" },
  _subject: { type: "string", maxLength: 200, description: "Subject of the mail to the owner" },
  _replyto: { type: "string", format: "email", description: "Reply-To of the mail to the owner" },
  _language: { type: "string", description: "BCP 47; language of messages, pages and mails" },
  _format: { type: "string", enum: ["json"], description: "Asks for a JSON answer" },
  _id: { type: "string", minLength: 16, maxLength: 255, description: "Key that makes a repeated post safe" },
  _gotcha: { type: "string", description: "Honeypot: leave it empty and hide it" },
};

/** What an undeclared field may hold; a number beyond these has lost digits before it is read. */
const plain = [
  { type: "string" },
  { type: "number", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  { type: "boolean" },
];
const list = { type: "array", items: { anyOf: plain } };

/** The request body as JSON Schema, control fields included; the same schema that checks a post. */
export function jsonSchemaOf({
  definition,
  schema,
}: Pick<CompiledForm, "definition" | "schema">): JsonSchema {
  const { properties, ...rest } = JSON.parse(JSON.stringify(schema)) as JsonSchema & {
    properties: JsonSchema;
  };
  const honeypot = definition.honeypot && { [definition.honeypot]: controlFields._gotcha };
  return {
    ...rest,
    properties: { ...properties, ...controlFields, ...honeypot },
    additionalProperties: definition.unlisted === "refuse" ? false : { anyOf: [...plain, list] },
    example: exampleOf(definition),
  };
}

/** The `requestBody` of OpenAPI: three encodings of one schema. */
export function requestBodyOf(form: Pick<CompiledForm, "definition" | "schema">): RequestBody {
  const media = {
    schema: jsonSchemaOf(form),
    examples: {
      complete: { summary: "Everything filled in", value: exampleOf(form.definition) },
      short: { summary: "Only what is required", value: exampleOf(form.definition, true) },
    },
  };
  return {
    required: true,
    content: {
      "application/json": media,
      "application/x-www-form-urlencoded": media,
      "multipart/form-data": media,
    },
  };
}

/** A body the form accepts. */
export function exampleOf(
  { fields }: Pick<FormDefinition, "fields">,
  requiredOnly = false,
): Record<string, unknown> {
  const shown = fields.filter(
    ({ required, type, example }) =>
      required || (!requiredOnly && (type !== "hidden" || example !== undefined)),
  );
  return Object.fromEntries(shown.map((field) => [field.name, exampleValue(field)]));
}

function exampleValue(field: Field): unknown {
  if (field.type === "choices") return field.options?.slice(0, Math.max(field.min ?? 0, 1));
  if (field.type === "choice") return field.options?.[0];
  if (field.type === "number" || field.type === "integer") return Number(field.example ?? field.min ?? 1);
  return field.example ?? typical[field.type] ?? "Text".padEnd(field.min ?? 0, ".");
}

const typical: Partial<Record<keyof typeof fieldKinds, string>> = {
  email: "ada@example.com",
  tel: "+44 20 7946 0123",
  url: "https://www.example.com/",
  date: "2026-03-31",
  consent: "true",
};
