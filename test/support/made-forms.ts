import fc from "fast-check";
import type { WireForm } from "#/modules/forms/catalogue/definition-schema";

type WireField = WireForm["fields"][number];

/** A field, values that it takes, and values that break one rule each, by the code of that rule. */
export type MadeField = { field: WireField; valid: fc.Arbitrary<unknown>; broken: [unknown, string][] };

const word = fc.stringMatching(/^[a-zA-Z0-9äß日 ,.<>&"'=+%@-]{1,12}$/u).filter((text) => text.trim() !== "");
const options = fc.uniqueArray(
  word.map((text) => text.trim()),
  { minLength: 2, maxLength: 6 },
);
const sized = (field: WireField, of: (length: number) => string, min: number, max: number): MadeField => ({
  field: { ...field, min, max },
  valid: fc.integer({ min, max }).map(of),
  broken: [
    [of(max + 1), "too_long"],
    [of(min - 1), "too_short"],
    [["a", "b"], "repeated"],
  ],
});
const bounds = fc.tuple(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 21, max: 60 }));
const letters = (length: number) => "😀".repeat(length);

/** One field of each type, with limits by chance. */
const kinds: ((field: Omit<WireField, "type">) => fc.Arbitrary<MadeField>)[] = [
  (field) => bounds.map(([min, max]) => sized({ ...field, type: "text" }, letters, min, max)),
  (field) => bounds.map(([min, max]) => sized({ ...field, type: "longtext" }, letters, min, max)),
  (field) => bounds.map(([min, max]) => sized({ ...field, type: "hidden" }, letters, min, max)),
  (field) =>
    fc.constant({
      field: { ...field, type: "email" },
      valid: fc.nat().map((n) => `ada${n}@example.com`),
      broken: [
        ["ada(at)example.com", "invalid_email"],
        [`${"a".repeat(60)}@${"b".repeat(200)}.example`, "too_long"],
      ],
    }),
  (field) =>
    fc.constant({
      field: { ...field, type: "tel" },
      valid: fc.constantFrom("+49 (30) 123-45", "0301/234"),
      broken: [["call me", "invalid_tel"]],
    }),
  (field) =>
    fc.constant({
      field: { ...field, type: "url" },
      valid: fc.webUrl(),
      broken: [["javascript:alert(1)", "invalid_url"]],
    }),
  (field) =>
    fc.tuple(fc.integer({ min: -500, max: 0 }), fc.integer({ min: 1, max: 500 })).map(([min, max]) => ({
      field: { ...field, type: "integer", min, max },
      valid: fc.integer({ min, max }),
      broken: [
        [min - 1, "too_low"],
        [max + 1, "too_high"],
        ["1e2", "invalid_integer"],
        ["0.5", "invalid_integer"],
      ],
    })),
  (field) =>
    fc.constant({
      field: { ...field, type: "number", max: 10 },
      valid: fc.integer({ min: -1000, max: 100 }).map((tenths) => tenths / 10),
      broken: [
        [10.5, "too_high"],
        ["0x10", "invalid_number"],
      ],
    }),
  (field) =>
    fc.constant({
      field: { ...field, type: "date" },
      valid: fc.constantFrom("2024-02-29", "1999-12-31"),
      broken: [["2023-02-29", "invalid_date"]],
    }),
  (field) =>
    options.map((all) => ({
      field: { ...field, type: "choice", options: all },
      valid: fc.constantFrom(...all),
      broken: [["none of them", "not_an_option"]],
    })),
  (field) =>
    options.map((all) => ({
      field: { ...field, type: "choices", options: all, min: 2 },
      valid: fc.shuffledSubarray(all, { minLength: 2 }),
      broken: [
        [[all[0], "none of them"], "not_an_option"],
        [[all[0]], "too_few"],
      ],
    })),
  (field) =>
    fc.constant({
      field: { ...field, type: "consent", label: { en: "I agree" } },
      valid: fc.constantFrom("true", "on", "1", "yes"),
      broken: [["perhaps", "not_an_option"]],
    }),
];

const name = fc.oneof(
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 .-]{0,30}$/),
  fc.constantFrom("toString", "valueOf", "hasOwnProperty", "Größe", "a[b]", "length", "日本"),
);

/** The fields of a form, each name once. */
export const madeFields: fc.Arbitrary<MadeField[]> = fc
  .uniqueArray(name, { minLength: 1, maxLength: 8 })
  .chain((names) =>
    fc.tuple(
      ...names.map((one) =>
        fc
          .tuple(fc.constantFrom(...kinds), fc.boolean())
          .chain(([make, required]) => make({ name: one, label: { en: "Label" }, required })),
      ),
    ),
  );
