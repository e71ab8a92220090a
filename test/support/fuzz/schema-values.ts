import fc from "fast-check";
import { canary } from "./hostile-text";

export type Schema = {
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
};
type Members = Record<string, unknown>;
/** A value with one keyword of its schema broken. `member` is the property it was broken in. */
export type Broken = { keyword: string; member: string; value: Members };

const characters = [..."abzAZ09 .,-_/'\"<>&=+@#%\\\näßﬁ日本語👍🏽\u0301\u200b\u202e"];
const character = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...characters) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
);

/** Values that keep every keyword. */
export function validOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(validOf));
  const { minimum: min = -Number.MAX_VALUE, maximum: max = Number.MAX_VALUE } = schema;
  if (schema.type === "integer") {
    const [least, most] = [Math.max(min, Number.MIN_SAFE_INTEGER), Math.min(max, Number.MAX_SAFE_INTEGER)];
    return fc.integer({ min: Math.ceil(least), max: Math.floor(most) });
  }
  if (schema.type === "number") return fc.double({ min, max, noNaN: true });
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "array") {
    return fc.array(validOf(schema.items ?? {}), {
      minLength: 1,
      maxLength: Math.min(schema.maxItems ?? 5, 5),
    });
  }
  return schema.type === "object" ? validObject(schema) : validText(schema);
}

export function validObject({
  properties = {},
  required = [],
  additionalProperties,
}: Schema): fc.Arbitrary<Members> {
  const model = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, validOf(one)]));
  const declared = fc.record(model, { requiredKeys: required.filter((name) => name in model) });
  if (typeof additionalProperties !== "object") return declared;
  const more = fc.dictionary(fc.constantFrom("Größe", "extra 1", "x-y"), validOf(additionalProperties));
  return fc.tuple(more, declared).map(([extra, members]) => ({ ...extra, ...members }));
}

function validText({ format, pattern, minLength = 0, maxLength = 2000 }: Schema): fc.Arbitrary<string> {
  const known = format && formats[format];
  if (known) return known;
  const rule = new RegExp(pattern ?? "", "u");
  const fits = (text: string) => {
    const length = [...text].length;
    return rule.test(text) && length >= minLength && length <= maxLength && !text.includes("\0");
  };
  // The last character can be seen: text that shows nothing is missing, which no schema says.
  if (!rule.test("plain text")) return fc.stringMatching(rule).filter(fits);
  const text = fc.string({ unit: character, minLength, maxLength: Math.min(maxLength, 400) - 1 });
  return text.map((begin) => `${begin}x`).filter(fits);
}

const formats: Record<string, fc.Arbitrary<string>> = {
  email: fc
    .tuple(fc.stringMatching(/^[a-z0-9!#$%&'*+=?^_`{|}~-]{1,64}$/), fc.domain())
    .map((parts) => parts.join("@")),
  date: fc
    .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  uri: fc.webUrl(),
  uuid: fc.uuid(),
};

/** Every way to break one keyword of an object's schema, each as valid as can be otherwise. */
export function brokenOf(schema: Schema): fc.Arbitrary<Broken> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const broken = Object.entries(properties).flatMap(([member, one]) =>
    Object.entries(misfits(one)).map(([keyword, values]) => ({ keyword, member, values })),
  );
  for (const member of required) broken.push({ keyword: "required", member, values: [undefined] });
  if (additionalProperties === false) broken.push({ keyword: "extra", member: "stranger", values: [canary] });
  return fc
    .tuple(fc.constantFrom(...broken), fc.nat(), validObject(schema))
    .map(([{ keyword, member, values }, nth, members]) => {
      const { [member]: _, ...others } = members;
      const value = values[nth % values.length];
      return { keyword, member, value: value === undefined ? others : { ...others, [member]: value } };
    });
}

/** Values that do not fit, by the keyword they break. */
function misfits(schema: Schema): Record<string, unknown[]> {
  const { type, minLength = 0, maxLength, minimum, maximum, pattern, format } = schema;
  const found: Record<string, unknown[]> = { type: [{ a: [canary] }, [[canary]]] };
  if (type === "string") found.type?.push(12, true);
  if (schema.enum) found.enum = [`none of them ${canary}`];
  if (minLength > 0) found.minLength = [""];
  if (maxLength)
    found.maxLength = [maxLength + 1, maxLength * 10].flatMap((n) => ["a".repeat(n), "😀".repeat(n)]);
  if (minimum !== undefined) found.minimum = [minimum - 1];
  if (maximum !== undefined) found.maximum = [maximum + 1];
  const unlike = ["a\nb", `${canary}?\n`, "seven"].filter(
    (text) => pattern && !new RegExp(pattern, "u").test(text),
  );
  if (unlike.length > 0) found.pattern = unlike;
  if (format && format in formats)
    found.format = [canary, `${canary}@`, "2026-02-30", `javascript:alert('${canary}')`];
  return found;
}
