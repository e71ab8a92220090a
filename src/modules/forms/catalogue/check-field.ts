import { isControlName } from "../intake/read-post";
import type { Report } from "./definition-faults";
import { fieldKinds, isBroken } from "./field-kinds";
import { trimBlank } from "./field-rules";
import type { Field, FieldType, Texts } from "./form-definition";
import { isFieldName } from "./unlisted-fields";

const NUMBER = 999_999_999_999_999;
/** The lowest and highest `min` and `max` of a type; types without take neither. */
const bounds: Partial<Record<FieldType, readonly [low: number, high: number]>> = {
  text: [0, 1_000],
  longtext: [0, 100_000],
  hidden: [0, 2_000],
  email: [0, 254],
  tel: [0, 40],
  url: [0, 2_048],
  number: [-NUMBER, NUMBER],
  integer: [-NUMBER, NUMBER],
  choices: [0, 100],
};

/** Holds one declared field to the rules; `at` is where it stands, such as `fields.3`. */
export function checkField(field: Field, at: string, report: Report): void {
  if (!isDeclarableName(field.name)) report(`${at}.name`, "invalid_name");
  checkTexts(field.label, `${at}.label`, report);
  if (field.help) checkTexts(field.help, `${at}.help`, report);
  checkBounds(field, at, report);
  checkOptions(field, at, report);
  if (field.example !== undefined && !takesExample(field)) report(`${at}.example`, "invalid_example");
}

/** A name that a visitor's field may have. */
export const isDeclarableName = (name: string): boolean => isFieldName(name) && !isControlName(name);

/** Texts by language: the codes, and for those of one line that they are. */
export function checkTexts(texts: Texts, at: string, report: Report, lines: "one" | "many" = "many"): void {
  const languages = Object.keys(texts);
  if (languages.length > 20) report(at, "too_many");
  for (const language of languages.slice(0, 20)) {
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(language)) report(at, "invalid_language");
    else if (lines === "one" && /[\r\n]/.test(texts[language] ?? ""))
      report(`${at}.${language}`, "invalid_text");
  }
}

function checkBounds(field: Field, at: string, report: Report): void {
  const { type, min, max, options } = field;
  const given = { min, max };
  const [low, high] = bounds[type] ?? [];
  const most = type === "choices" ? Math.min(options?.length ?? 0, 100) : high;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (low === undefined || most === undefined) report(`${at}.${name}`, "not_for_type");
    else if (type !== "number" && !Number.isInteger(value)) report(`${at}.${name}`, "not_whole");
    // A longest text of nothing would be a field that nobody can fill in.
    else if (value < (name === "max" && low === 0 ? 1 : low)) report(`${at}.${name}`, "too_small");
    else if (value > (most as number)) report(`${at}.${name}`, "too_large");
  }
  const { maxLength, maxItems, maximum } = fieldKinds[type].keywords(field);
  const highest = maxLength ?? maxItems ?? maximum;
  if (min !== undefined && min > Number(highest ?? NUMBER)) report(`${at}.min`, "min_over_max");
}

function checkOptions({ type, options }: Field, at: string, report: Report): void {
  const chooses = type === "choice" || type === "choices";
  if (!chooses) {
    if (options !== undefined) report(`${at}.options`, "not_for_type");
    return;
  }
  if (!options?.length) report(`${at}.options`, "required");
  const seen = new Set<string>();
  for (const [nth, option] of (options ?? []).entries()) {
    const where = `${at}.options.${nth}`;
    if (option === "" || trimBlank(option) !== option || /[\r\n]/.test(option)) report(where, "invalid_text");
    if (seen.has(option)) report(where, "duplicate");
    seen.add(option);
  }
}

function takesExample(field: Field): boolean {
  const { read, rule } = fieldKinds[field.type];
  const value = read(field.example, field, field.name);
  return value !== undefined && !isBroken(value) && rule(field)(value) === undefined;
}
