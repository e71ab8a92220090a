import { bare, type Case, described, withBody } from "./cases";
import { canary, markup, unstorable } from "./hostile-text";
import type { Operation } from "./operations";
import type { Schema } from "./schema-values";

type Members = Record<string, unknown>;

const browser = ["accept", "text/html,application/xhtml+xml,*/*;q=0.8"] as const;
const json = ["content-type", "application/json"] as const;
const strangeTypes = [
  "text/plain",
  "application/jsonx",
  "application/json; charset=utf-16",
  "image/png",
  `x/${canary}`,
  "json",
];
const nested = (depth: number) => [
  `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`,
  `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
];
const notJson = ['{"name":', `{"name":"${canary}`, "{'a':1}", '{"a":NaN}', ...nested(33), ...nested(100_000)];
const elsewhere = [
  `https://${canary}.example/`,
  `//${canary}.example`,
  `/\\${canary}.example`,
  "javascript:alert(1)",
];

/** What is tried on every operation with a body in every run: what chance alone may leave out. */
export function fixedCasesOf(operation: Operation): Case[] {
  const schema = Object.values(operation.body)[0]?.schema as (Schema & { example?: Members }) | undefined;
  if (!schema) return [];
  const { example = {}, required = [], properties = {} } = schema;
  const send = (kind: string, type: string, changed: Members, more: Partial<Case>) =>
    withBody(operation, kind, type, { ...example, ...changed }, more);
  const body = Buffer.from(JSON.stringify(example));
  const wrongType = { body, expected: 415, planted: [canary] };
  const names = [
    ...required.slice(0, 1),
    ...(schema.additionalProperties ? ["source_x", markup[0] as string] : []),
  ];
  const free = Object.keys(properties).filter((name) => isFree(properties[name]) && !required.includes(name));

  return [
    ...strangeTypes.map((type) =>
      bare(operation, "strange type", { ...wrongType, headers: [["content-type", type]] }),
    ),
    bare(operation, "no type", wrongType),
    bare(operation, "compressed", { ...wrongType, headers: [json, ["content-encoding", "gzip"]] }),
    ...notJson.map((text) =>
      bare(operation, "no JSON", {
        body: Buffer.from(text),
        expected: 400,
        headers: [json],
        planted: [canary],
      }),
    ),
    ...names.flatMap((name) =>
      unstorable.map((text) =>
        send(
          "unstorable",
          "application/json",
          { [name]: `Text ${text}` },
          { expected: "refused", planted: [text] },
        ),
      ),
    ),
    ...Object.keys(operation.body)
      .filter((type) => type !== "application/json")
      .flatMap((type) => [
        ...markup.map((text) => {
          // A long text under a strange name is shown with that name as its label.
          const broken = Object.fromEntries([
            ...required.map((name) => [name, text]),
            [text, text.repeat(9)],
          ]);
          return send(
            "markup",
            type,
            { ...broken, ...gone(required.at(-1)) },
            { headers: [browser], expected: "refused" },
          );
        }),
        ...elsewhere.map((address) => {
          const changed = Object.fromEntries(free.map((name) => [name, address]));
          return send("addresses", type, changed, { headers: [browser], expected: "taken" });
        }),
      ]),
  ].map(described);
}

const isFree = (schema: Schema | undefined) =>
  schema?.type === "string" &&
  !schema.enum &&
  !schema.format &&
  (!schema.pattern || new RegExp(schema.pattern).test("a:/"));
const gone = (name: string | undefined) => (name === undefined ? {} : { [name]: "" });
