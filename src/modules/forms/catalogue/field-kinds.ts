import { isEmailAddress } from "#/kernel/email-address";
import { isStorableText } from "#/kernel/http";
import type { FieldCode } from "../pages/words";
import {
  isBlank,
  isLongerThan,
  isRealDate,
  isShorterThan,
  isTel,
  isWebAddress,
  readDecimal,
  trimBlank,
} from "./field-rules";
import type { Field, FieldType } from "./form-definition";

/** A value as it is stored: text, a number, or a list of text; a consent is stored as the words agreed to. */
export type StoredValue = string | number | readonly string[];

/** Which rule a value breaks; `bound` is the limit it was held against, 0 where there is none. */
export type Broken = { readonly broken: FieldCode; readonly bound: number };

/** One type of field. `read` gives `undefined` for "missing" and never judges more than the shape. */
export type FieldKind = {
  read: (raw: unknown, field: Field, label: string) => StoredValue | Broken | undefined;
  rule: (field: Field) => (value: StoredValue) => Broken | undefined;
  /** What the OpenAPI document says of it. `maxLength` there counts code points, as ours does. */
  keywords: (field: Field) => Record<string, unknown>;
};

const broken = (code: FieldCode, bound = 0): Broken => ({ broken: code, bound });
const notText = broken("not_text");
const repeated = broken("repeated");
const invalidText = broken("invalid_text");
const lineBreak = broken("line_break");

export const isBroken = (value: StoredValue | Broken): value is Broken =>
  typeof value === "object" && !Array.isArray(value);

/** Text as sent, CRLF as LF. A text of which nothing can be seen is missing. */
export function readText(raw: unknown): string | Broken | undefined {
  if (typeof raw === "string") return isBlank(raw) ? undefined : withLineFeeds(raw);
  if (raw === null || raw === undefined) return undefined;
  if (Array.isArray(raw)) return raw.length === 0 ? undefined : repeated;
  return notText;
}

const withLineFeeds = (text: string) => (text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text);

function readTrimmed(raw: unknown): string | Broken | undefined {
  const text = readText(raw);
  return typeof text === "string" ? trimBlank(text) : text;
}

/** A number from JSON, or decimal notation from a form; what is neither goes on as text, for the rule to name. */
function readNumber(raw: unknown): StoredValue | Broken | undefined {
  if (typeof raw === "boolean") return broken("invalid_number");
  const text = readTrimmed(typeof raw === "number" ? String(raw) : raw);
  return typeof text === "string" ? (readDecimal(text) ?? text) : text;
}

/** Several values of one name; the same choice twice is one choice. */
function readChoices(raw: unknown): StoredValue | Broken | undefined {
  const chosen: string[] = [];
  for (const one of Array.isArray(raw) ? raw : [raw]) {
    const text = Array.isArray(one) ? notText : readText(one);
    if (typeof text === "object") return text;
    if (text !== undefined && !chosen.includes(text)) chosen.push(text);
  }
  return chosen.length === 0 ? undefined : chosen;
}

const agreed = ["true", "on", "1", "yes"];
const declined = ["false", "off", "0", "no"];

/** The words agreed to, or nothing: an unticked box, or one that says so. */
function readConsent(raw: unknown, _field: Field, label: string): StoredValue | Broken | undefined {
  const text = readTrimmed(typeof raw === "boolean" || typeof raw === "number" ? String(raw) : raw);
  if (typeof text !== "string") return text;
  const said = text.toLowerCase();
  if (agreed.includes(said)) return label;
  return declined.includes(said) ? undefined : broken("not_an_option");
}

/** Storable, then its length, then what the type asks of it: a format never sees more than `max` characters. */
function textRule(defaultMax: number, judge?: (text: string) => Broken | undefined) {
  return ({ min = 0, max = defaultMax }: Field) => {
    const tooLong = broken("too_long", max);
    const tooShort = broken("too_short", min);
    return (value: StoredValue) => {
      if (typeof value !== "string") return notText;
      if (!isStorableText(value)) return invalidText;
      if (isLongerThan(value, max)) return tooLong;
      if (min > 0 && isShorterThan(value, min)) return tooShort;
      return judge?.(value);
    };
  };
}

const judgeBy = (isValid: (text: string) => boolean, code: FieldCode) => {
  const verdict = broken(code);
  return (text: string) => (isValid(text) ? undefined : verdict);
};

function numberRule(code: FieldCode, isRight: (value: number) => boolean) {
  return ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Field) => {
    const verdicts = { shape: broken(code), low: broken("too_low", min), high: broken("too_high", max) };
    return (value: StoredValue) => {
      if (typeof value !== "number" || !isRight(value)) return verdicts.shape;
      if (value < min) return verdicts.low;
      return value > max ? verdicts.high : undefined;
    };
  };
}

function choiceRule({ options = [] }: Field) {
  const verdict = broken("not_an_option");
  return (value: StoredValue) => (options.includes(String(value)) ? undefined : verdict);
}

function choicesRule({ options = [], min = 0, max = 100 }: Field) {
  const verdicts = {
    option: broken("not_an_option"),
    few: broken("too_few", min),
    many: broken("too_many", max),
  };
  return (value: StoredValue) => {
    if (!Array.isArray(value) || !value.every((one) => options.includes(one))) return verdicts.option;
    if (value.length < min) return verdicts.few;
    return value.length > max ? verdicts.many : undefined;
  };
}

const textKeywords =
  (defaultMax: number, more: Record<string, unknown> = {}) =>
  ({ required, min = required ? 1 : 0, max = defaultMax }: Field) => ({
    type: "string",
    ...(min > 0 && { minLength: min }),
    ...(required && { pattern: "\\S" }),
    maxLength: max,
    ...more,
  });

const numberKeywords =
  (type: string) =>
  ({ min, max }: Field) => ({
    type,
    ...(min !== undefined && { minimum: min }),
    ...(max !== undefined && { maximum: max }),
  });

const oneLine = (text: string) => (text.includes("\n") || text.includes("\r") ? lineBreak : undefined);

/** Every type of field a form may declare. The limits are those used where the field names none. */
export const fieldKinds: Readonly<Record<FieldType, FieldKind>> = {
  text: {
    read: readText,
    rule: textRule(200, oneLine),
    keywords: (field) => ({
      ...textKeywords(200)(field),
      pattern: field.required ? "^[^\\r\\n]*\\S[^\\r\\n]*$" : "^[^\\r\\n]*$",
    }),
  },
  longtext: { read: readText, rule: textRule(10_000), keywords: textKeywords(10_000) },
  hidden: { read: readText, rule: textRule(2000), keywords: textKeywords(2000) },
  email: {
    read: readTrimmed,
    rule: textRule(254, judgeBy(isEmailAddress, "invalid_email")),
    keywords: textKeywords(254, { format: "email" }),
  },
  tel: {
    read: readTrimmed,
    rule: textRule(40, judgeBy(isTel, "invalid_tel")),
    keywords: textKeywords(40, { pattern: "^[0-9 +()./x-]*[0-9][0-9 +()./x-]*$" }),
  },
  url: {
    read: readTrimmed,
    rule: textRule(2048, judgeBy(isWebAddress, "invalid_url")),
    keywords: textKeywords(2048, { format: "uri" }),
  },
  date: {
    read: readTrimmed,
    rule: textRule(40, judgeBy(isRealDate, "invalid_date")),
    keywords: textKeywords(10, { format: "date" }),
  },
  number: {
    read: readNumber,
    rule: numberRule("invalid_number", Number.isFinite),
    keywords: numberKeywords("number"),
  },
  integer: {
    read: readNumber,
    rule: numberRule("invalid_integer", Number.isSafeInteger),
    keywords: numberKeywords("integer"),
  },
  choice: {
    read: readText,
    rule: choiceRule,
    keywords: ({ options }) => ({ type: "string", enum: options }),
  },
  choices: {
    read: readChoices,
    rule: choicesRule,
    keywords: ({ options, max = 100 }) => ({
      type: "array",
      items: { type: "string", enum: options },
      maxItems: max,
    }),
  },
  consent: {
    read: readConsent,
    rule: textRule(2000),
    keywords: () => ({ enum: [true, ...agreed] }),
  },
};

export const fieldTypes = Object.keys(fieldKinds) as [FieldType, ...FieldType[]];
