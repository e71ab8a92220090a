import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkDefinition } from "#/modules/forms/catalogue/check-definition";
import { compileForm } from "#/modules/forms/catalogue/compile-form";
import { toDefinition, toWire } from "#/modules/forms/catalogue/wire-form";
import { readPost } from "#/modules/forms/intake/read-post";
import { encodePost, encodings } from "../support/encode-post";
import { type MadeField, madeFields } from "../support/made-forms";

const seed = Number(process.env.FORMS_SEED ?? Date.now() % 2 ** 31);
console.error(`made forms: FORMS_SEED=${seed}`);
const runs = { seed, numRuns: 150 };

function formOf(fields: MadeField[]) {
  const written = toDefinition({ title: { en: "Made" }, fields: fields.map(({ field }) => field) });
  const definition = { slug: "made", doors: ["/f/made"], ...written };
  checkDefinition(definition);
  return compileForm(definition, 1);
}

const filled = (fields: MadeField[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(...fields.map(({ valid }) => valid))
    .map((values) => Object.fromEntries(fields.map(({ field }, at) => [field.name, values[at]])));

const withValues = madeFields.chain((fields) => fc.tuple(fc.constant(fields), filled(fields)));

async function check(
  form: ReturnType<typeof formOf>,
  body: Record<string, unknown>,
  encoding = encodings[0]!,
) {
  const { bytes, type } = await encodePost(body, encoding);
  return form.check(readPost(form, bytes, type), "en");
}

describe("whatever form the team makes", () => {
  test("valid values pass in every encoding, and are stored alike", () =>
    fc.assert(
      fc.asyncProperty(withValues, async ([fields, body]) => {
        const form = formOf(fields);

        const checked = await Promise.all(encodings.map((encoding) => check(form, body, encoding)));

        for (const one of checked) expect(one).toMatchObject({ ok: true });
        const [json, ...others] = checked.map((one) => (one.ok ? JSON.stringify(one.fields) : ""));
        for (const other of others) expect(other).toBe(json!);
      }),
      runs,
    ));

  test("one broken rule gives exactly that field and code, in every encoding that can say it", () =>
    fc.assert(
      fc.asyncProperty(withValues, fc.nat(), fc.nat(), async ([fields, body], which, how) => {
        const form = formOf(fields);
        const { field, broken } = fields[which % fields.length]!;
        const rules = [...broken, ...(field.required ? [["", "required"] as const] : [])];
        const [value, code] = rules[how % rules.length]!;
        for (const encoding of encodings) {
          const checked = await check(form, { ...body, [field.name]: value }, encoding);

          expect(checked).toMatchObject({ ok: false, errors: [{ field: field.name, code }] });
          expect(checked.ok ? [] : checked.errors).toHaveLength(1);
        }
      }),
      runs,
    ));

  test("is read back as it was written", () =>
    fc.assert(
      fc.property(madeFields, (fields) => {
        const { definition } = formOf(fields);

        expect(toWire(definition).fields).toEqual(fields.map(({ field }) => field));
        expect({ ...definition, ...toDefinition(toWire(definition)) }).toEqual(definition);
      }),
      runs,
    ));
});
