import { isEmailAddress } from "#/kernel/email-address";
import { isStorableText } from "#/kernel/http";
import { isBlank, trimBlank } from "../catalogue/field-rules";
import type { FormShape } from "../catalogue/form-definition";
import { type ReadBody, readBody } from "./read-body";
import { readPageId } from "./retry-identifier";

/** What steers a post and is not part of the message. Members without a usable value are undefined. */
export type Control = {
  /** Where to go after success, as sent; `chooseNext` decides. */
  next: string | undefined;
  /** Subject of the mail to the owner, at most 200 characters on one line. */
  subject: string | undefined;
  /** One valid address. */
  replyTo: string | undefined;
  /** BCP 47, canonical. */
  language: string | undefined;
  wantsJson: boolean;
  /** Retry key of this page view. */
  id: string | undefined;
  /** Signed origin of the first page, as sent. */
  from: string | undefined;
  /** Page token, as sent: `readPageToken` opens it. */
  pageToken: string | undefined;
  /** What captcha widgets filled in, by the name of their field; undefined where there was none. */
  captcha: ReadonlyMap<CaptchaField, string> | undefined;
  /** The names of the honeypots that were filled in. */
  honeypots: string[];
};

/** A post taken apart: what the visitor wrote, and what steers it. */
export type Posted = ReadBody & { control: Control };

const honeypots = new Set(["_gotcha", "_honey", "botcheck", "bot-field"]);

/** Names under which widgets send their answers. */
export const captchaFields = [
  "cf-turnstile-response",
  "h-captcha-response",
  "altcha",
  "g-recaptcha-response",
  "recaptcha_response",
] as const;
export type CaptchaField = (typeof captchaFields)[number];
const captchaNames: ReadonlySet<string> = new Set(captchaFields);
const CAPTCHA_CHARACTERS = 8 * 1024;

/**
 * Reads the bytes of a post to this form and parts control fields from content: names that begin with `_`,
 * captcha answers and honeypots leave `fields`. Names without underscore (`subject`, `replyto`, `redirect`)
 * are hints: they act where the form does not declare them, and stay, since a site may ask for a subject.
 * A declared field is content whatever its name. Refuses as `readBody` does.
 */
export function readPost(form: FormShape, bytes: Uint8Array, contentType: string | null): Posted {
  const body = readBody(bytes, contentType);
  const { fields } = body;
  const taken = takeControlFields(form, fields);
  const say = (name: string, hint?: string) =>
    firstText(taken?.get(name)) ?? (hint && !form.declares(hint) ? firstText(fields.get(hint)) : undefined);

  const control: Control = {
    next: say("_next") ?? say("_redirect", "redirect"),
    subject: toSubject(say("_subject", "subject")),
    replyTo: toAddress(say("_replyto", "replyto")),
    language: toLanguage(say("_language")),
    wantsJson: say("_format")?.toLowerCase() === "json",
    id: readPageId(say("_id")),
    from: withinLength(say("_from"), 1024),
    pageToken: withinLength(say("_t"), 512),
    captcha: taken && takeCaptcha(taken),
    honeypots: taken ? [...taken.keys()].filter((name) => isFilledHoneypot(form, name, taken)) : [],
  };
  return { ...body, control };
}

function takeControlFields(
  { definition: { honeypot }, declares }: FormShape,
  fields: Map<string, unknown>,
): Map<string, unknown> | undefined {
  let taken: Map<string, unknown> | undefined;
  for (const [name, value] of fields) {
    const isControl =
      name.charCodeAt(0) === 0x5f ? name !== "__proto__" : name === honeypot || isReserved(name);
    if (!isControl || declares(name)) continue;
    taken ??= new Map();
    taken.set(name, value);
    fields.delete(name);
  }
  return taken;
}

/** A name that steers a post, so that no form may ask for a field of that name. */
export const isControlName = (name: string): boolean => name.startsWith("_") || isReserved(name);

const isReserved = (name: string) => honeypots.has(name) || captchaNames.has(name);

function takeCaptcha(taken: ReadonlyMap<string, unknown>): Control["captcha"] {
  let answers: Map<CaptchaField, string> | undefined;
  for (const field of captchaFields) {
    const answer = withinLength(firstText(taken.get(field)), CAPTCHA_CHARACTERS);
    if (answer === undefined) continue;
    answers ??= new Map();
    answers.set(field, answer);
  }
  return answers;
}

/** Any content counts, blank text too: a person cannot even see the field. */
function isFilledHoneypot(
  { definition }: Pick<FormShape, "definition">,
  name: string,
  taken: Map<string, unknown>,
): boolean {
  if (name !== definition.honeypot && !honeypots.has(name)) return false;
  const value = taken.get(name);
  if (Array.isArray(value)) return value.some((one) => one !== "" && one !== null);
  return value !== "" && value !== null && value !== false;
}

function firstText(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" && isStorableText(one) && !isBlank(one) ? one : undefined;
}

const withinLength = (text: string | undefined, max: number) =>
  text !== undefined && text.length <= max ? text : undefined;

/** Control characters become spaces, so that a subject can never begin a header of its own. */
function toSubject(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const line = text
    .slice(0, 800)
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
  return [...line.trim()].slice(0, 200).join("");
}

function toAddress(text: string | undefined): string | undefined {
  const address = text && trimBlank(text);
  return address && isEmailAddress(address) ? address : undefined;
}

function toLanguage(tag: string | undefined): string | undefined {
  if (tag === undefined || tag.length > 35) return undefined;
  try {
    return Intl.getCanonicalLocales(tag.trim())[0];
  } catch {
    return undefined;
  }
}
