import type { Channel } from "../tables";

/** The same words in several languages, by language code: `{ en: "Name", de: "Name" }`. */
export type Texts = Readonly<Record<string, string>>;

export type FieldType =
  | "text"
  | "longtext"
  | "email"
  | "tel"
  | "url"
  | "number"
  | "integer"
  | "date"
  | "choice"
  | "choices"
  | "consent"
  | "hidden";

/**
 * One field a form asks for. `min` and `max` count code points for text, choices for `choices`, and are the
 * bounds of the value itself for `number` and `integer`; the defaults per type are in `field-kinds.ts`.
 */
export type Field = {
  name: string;
  type: FieldType;
  label: Texts;
  required?: boolean;
  min?: number;
  max?: number;
  /** What `choice` and `choices` take. */
  options?: readonly string[];
  help?: Texts;
  /** Whether the value says something about a person; retention and erasure go by it. */
  personal?: boolean;
  /** The token browsers fill it in by (HTML, "Autofill"; WCAG 1.3.5). */
  autocomplete?: string;
  /** A valid value for the documentation. */
  example?: string;
};

/** A form as the catalogue holds it. */
export type FormDefinition = {
  /** `^[a-z0-9][a-z0-9_-]{0,63}$`; `/f/<slug>` is always one of its doors. */
  slug: string;
  title: Texts;
  /** The language of the site it stands on; used when the visitor names none that we speak. */
  language?: string;
  fields: readonly Field[];
  /** What happens to fields it does not declare. */
  unlisted: "keep" | "drop" | "refuse";
  /** Full origins or `https://*.example.com`; empty = the setting of the whole service. */
  allowedOrigins: readonly string[];
  /** Where a browser goes after success when the post names no accepted `_next`. */
  next?: string;
  /** A field name that people never see and machines fill in. */
  honeypot?: string;
  /** Mailed to the visitor; the team's own words, nothing of what the visitor wrote. */
  confirmation?: { subject: Texts; text: Texts };
  /** Every path it is posted to, the documented one first. */
  doors: readonly string[];
  /** A closed form answers 403 `form_closed`. */
  open: boolean;
  /** The moment from which it is closed, ISO 8601. */
  closesAt?: string;
  /** Who of the team is told by mail; without it NOTIFY_EMAIL. */
  notify?: readonly string[];
  /** Ways to go beside those that the configuration opens for every form; `slack` goes only where it is named. */
  deliver?: readonly Channel[];
  /** The visitor confirms by a mailed link before anybody of the team is told. */
  doubleOptIn?: boolean;
  captcha?: CaptchaChoice;
  /** A post without a page token is suspect. */
  tokenRequired?: boolean;
  /** The scores from which a message is held, or spam; 50 and 80. */
  thresholds?: { held: number; spam: number };
  /** Days for which messages, and spam, are kept. */
  retention?: { days: number; spamDays: number };
};

export type CaptchaChoice = {
  provider: "altcha" | "turnstile" | "hcaptcha" | "recaptcha_v2" | "recaptcha_v3";
  /** A post without an answer is refused, so it cannot be sent without script. */
  required: boolean;
  /** Of reCAPTCHA v3; 0.5. */
  minScore?: number;
};

/** Whether it takes messages at this moment. */
export const isOpen = ({ open, closesAt }: FormDefinition, now: Date): boolean =>
  open && (closesAt === undefined || now.getTime() < Date.parse(closesAt));

/** What reading and showing a post needs to know of its form. */
export type FormShape = {
  definition: FormDefinition;
  /** Every name the form takes for its own: `topics`, and `topics[]` for `choices`. */
  declares: (name: string) => boolean;
};
