import type { Schema } from "./openapi-types";

const byName = ["properties"];
const lists = ["anyOf", "allOf", "oneOf"];
const single = ["items", "additionalProperties", "not"];

/**
 * JSON Schema as TypeBox writes it, in the dialect of OpenAPI 3.0.3 ("Schema Object"): there `const`, `type: "null"`,
 * lists of `examples` and `patternProperties` do not exist, and exclusive bounds are flags.
 */
export function openApiSchema(schema: Schema): Schema {
  const { const: constant, examples, patternProperties, $id, $schema, ...kept } = schema;
  const written: Schema = { ...kept };
  for (const name of byName) if (isObject(kept[name])) written[name] = mapValues(kept[name], openApiSchema);
  for (const name of lists) if (Array.isArray(kept[name])) written[name] = kept[name].map(openApiSchema);
  for (const name of single) if (isObject(kept[name])) written[name] = openApiSchema(kept[name]);
  if (constant !== undefined) written.enum = [constant];
  if (Array.isArray(examples) && written.example === undefined) written.example = examples[0];
  if (isObject(patternProperties) && written.additionalProperties === undefined) {
    const [values] = Object.values(patternProperties);
    written.additionalProperties = isObject(values) ? openApiSchema(values) : true;
  }
  setExclusiveBounds(written);
  return collapse(written);
}

function setExclusiveBounds(schema: Schema): void {
  for (const [bound, flag] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    if (typeof schema[flag] !== "number") continue;
    schema[bound] = schema[flag];
    schema[flag] = true;
  }
}

/** Elysia's `t.Integer` and its like also take the number as text, which matters in a query alone. */
const isNumberAsText = ({ type, format }: Schema) =>
  type === "string" && ["integer", "numeric", "boolean"].includes(String(format));

/** A choice between literals is one `enum`; a choice with null is `nullable`. */
function collapse({ anyOf, ...schema }: Schema): Schema {
  if (!Array.isArray(anyOf)) return schema;
  const choices = anyOf.filter((one: Schema) => one.type !== "null" && !isNumberAsText(one));
  const nullable = anyOf.some((one: Schema) => one.type === "null") ? { nullable: true } : {};
  const [first] = choices;
  if (choices.length === 1) return { ...schema, ...first, ...nullable };
  if (choices.every((one: Schema) => Array.isArray(one.enum) && one.type === first.type)) {
    return { ...schema, type: first.type, enum: choices.flatMap((one: Schema) => one.enum), ...nullable };
  }
  return { ...schema, anyOf: choices, ...nullable };
}

/** A value that fits, made of the examples of the parts; text without one is its format or `text`. */
export function exampleOf(schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.nullable === true) return null;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return exampleOf(choices[0]);
  if (Array.isArray(schema.allOf)) return Object.assign({}, ...schema.allOf.map(exampleOf));
  if (schema.type === "array") return isObject(schema.items) ? [exampleOf(schema.items)] : [];
  if (schema.type === "object") return exampleObject(schema);
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  if (schema.type === "boolean") return true;
  return typical[String(schema.format)] ?? "text";
}

function exampleObject({ properties, additionalProperties }: Schema): unknown {
  if (isObject(properties)) return mapValues(properties, exampleOf);
  return isObject(additionalProperties) ? { name: exampleOf(additionalProperties) } : {};
}

const typical: Record<string, string> = {
  uuid: "0199f3c2-0000-7000-8000-000000000001",
  "date-time": "2026-11-21T09:30:00.000Z",
  date: "2026-11-21",
  email: "ada@example.com",
  uri: "https://www.example.com/",
};

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const mapValues = (values: Schema, change: (value: Schema) => unknown): Schema =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value as Schema)]));
