import { isEmailAddress } from "#/kernel/email-address";
import { AppError } from "#/kernel/errors";
import { parseOrigin } from "#/kernel/http";
import { checkField, checkTexts, isDeclarableName } from "./check-field";
import { compiledForms } from "./compiled-forms";
import { demandSound, type Report } from "./definition-faults";
import { isRealDate, isWebAddress } from "./field-rules";
import type { FormDefinition } from "./form-definition";

/** Of the stored JSON: registries keep definitions in memory. */
const MAX_BYTES = 128 * 1024;
/** A message that is deleted while it is still being delivered would reach nobody. */
const LEAST_DAYS = 3;

/**
 * Holds a definition to what its schema cannot say. Refuses with 422 `invalid`, which names each bad field with a code,
 * and with 413 `too_large` over 128 KB.
 */
export function checkDefinition(definition: FormDefinition): void {
  if (Buffer.byteLength(JSON.stringify(definition)) > MAX_BYTES)
    throw new AppError(413, "too_large", `Cannot take this form: it is over ${MAX_BYTES / 1024} KB`);
  demandSound((report) => {
    if (!Object.values(definition.title).some((text) => text.trim() !== "")) report("title", "required");
    checkTexts(definition.title, "title", report, "one");
    checkFields(definition, report);
    checkSettings(definition, report);
    checkAddresses(definition, report);
  });
}

function checkFields({ slug, fields, honeypot }: FormDefinition, report: Report): void {
  const names = new Set<string>();
  for (const [nth, field] of fields.entries()) {
    const at = `fields.${nth}`;
    checkField(field, at, report);
    // Lists may come as `topics[]` too, so that name is taken as well.
    const taken = field.type === "choices" ? [field.name, `${field.name}[]`] : [field.name];
    if (taken.some((name) => names.has(name))) report(`${at}.name`, "duplicate");
    for (const name of taken) names.add(name);
  }
  if (honeypot !== undefined && (names.has(honeypot) || !isDeclarableName(honeypot)))
    report("honeypot", "invalid_name");
  checkCompatible(slug, fields, report);
}

/** What sites were promised of a built-in form stays as it is. */
function checkCompatible(slug: string, fields: FormDefinition["fields"], report: Report): void {
  const builtIn = compiledForms.get(slug)?.definition.fields;
  if (!builtIn) return;
  for (const kept of builtIn) {
    const nth = fields.findIndex(({ name }) => name === kept.name);
    if (!Bun.deepEquals(fields[nth], kept)) report(nth < 0 ? "fields" : `fields.${nth}`, "built_in_field");
  }
  for (const [nth, { name, required }] of fields.entries())
    if (required && !builtIn.some((kept) => kept.name === name)) report(`fields.${nth}`, "built_in_field");
}

function checkSettings(definition: FormDefinition, report: Report): void {
  const { language, closesAt, captcha, thresholds, retention, doubleOptIn, fields, confirmation } =
    definition;
  if (language !== undefined && !isLanguage(language)) report("language", "invalid_language");
  if (closesAt !== undefined && !isMoment(closesAt)) report("closes_at", "invalid_date");
  if (captcha?.minScore !== undefined && captcha.provider !== "recaptcha_v3")
    report("captcha.min_score", "not_for_type");
  if (thresholds && thresholds.held > thresholds.spam) report("thresholds.held", "min_over_max");
  if (retention && retention.days > 0 && retention.days < LEAST_DAYS) report("retention.days", "too_small");
  if (doubleOptIn && !fields.some(({ type }) => type === "email")) report("double_opt_in", "needs_email");
  if (!confirmation) return;
  checkTexts(confirmation.subject, "confirmation.subject", report, "one");
  checkTexts(confirmation.text, "confirmation.text", report);
}

function checkAddresses({ allowedOrigins, next, notify, deliver }: FormDefinition, report: Report): void {
  for (const [nth, origin] of allowedOrigins.entries())
    if (!isOrigin(origin)) report(`allowed_origins.${nth}`, "invalid_origin");
  if (next !== undefined && !isPlace(next)) report("next", "invalid_url");
  for (const [nth, address] of (notify ?? []).entries())
    if (!isEmailAddress(address)) report(`notify.${nth}`, "invalid_email");
  if (deliver && new Set(deliver).size < deliver.length) report("deliver", "duplicate");
}

/** As `originAllowed` reads its list; a wildcard below a whole top-level domain is nobody's site. */
function isOrigin(entry: string): boolean {
  if (entry === "*") return true;
  const url = parseOrigin(entry.replace("://*.", "://"));
  return url !== undefined && (!entry.includes("*") || url.hostname.includes("."));
}

function isPlace(address: string): boolean {
  const url = URL.parse(address);
  return isWebAddress(address) && url?.username === "" && url.password === "";
}

/** 30 February would be read as the 2nd of March. */
const isMoment = (text: string): boolean => !Number.isNaN(Date.parse(text)) && isRealDate(text.slice(0, 10));

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
