import type { TNull, TOptional, TSchema, TUnion } from "@sinclair/typebox";
import { type Static, t } from "elysia";
import { oneOf } from "#/kernel/http/one-of";
import { channels } from "../tables";
import { fieldTypes } from "./field-kinds";

/** The same words in several languages. */
const texts = (maxLength: number, example: Record<string, string>) =>
  t.Record(t.String(), t.String({ maxLength }), {
    description: `By language code, at most ${maxLength} characters each`,
    examples: [example],
  });

const Bound = t.Number({ minimum: -999_999_999_999_999, maximum: 999_999_999_999_999 });

const WireField = t.Object({
  name: t.String({ minLength: 1, maxLength: 100, examples: ["message"] }),
  type: oneOf(fieldTypes, { examples: ["longtext"] }),
  label: t.Optional(texts(500, { en: "Message", de: "Nachricht" })),
  required: t.Optional(t.Boolean({ examples: [true] })),
  min: t.Optional(Bound),
  max: t.Optional(Bound),
  options: t.Optional(t.Array(t.String({ minLength: 1, maxLength: 200 }), { maxItems: 100 })),
  help: t.Optional(texts(1000, { en: "In your own words" })),
  personal: t.Optional(t.Boolean({ examples: [true] })),
  autocomplete: t.Optional(t.String({ maxLength: 100, pattern: "^[a-z][a-z0-9 -]*$", examples: ["off"] })),
  example: t.Optional(t.String({ maxLength: 2000, examples: ["Everything was fine."] })),
});

const Days = { maximum: 36_500 };
/** Channels that a form may ask for; the others follow from what it is. */
const deliverable = channels.filter((name) => name !== "opt_in_email" && name !== "invitation_email");

/** What every form says of itself. */
const always = {
  title: texts(200, { en: "Feedback", de: "Rückmeldung" }),
  fields: t.Array(WireField, {
    minItems: 1,
    maxItems: 100,
    examples: [
      [
        {
          name: "email",
          type: "email",
          label: { en: "E-mail", de: "E-Mail" },
          required: true,
          personal: true,
        },
        { name: "mood", type: "choice", label: { en: "How was it?" }, options: ["good", "bad"] },
        { name: "message", type: "longtext", label: { en: "Message", de: "Nachricht" }, max: 2000 },
      ],
    ],
  }),
};

/** What has a default, or is left out. */
const settings = {
  language: t.String({ maxLength: 35, description: "BCP 47", examples: ["en"] }),
  unlisted: oneOf(["keep", "drop", "refuse"], { description: "Fields that are not declared; default keep" }),
  allowed_origins: t.Array(t.String({ maxLength: 300 }), {
    maxItems: 100,
    description: "`https://www.example.com`, `https://*.example.com` or `*`; empty: those of the service",
    examples: [["https://www.example.com"]],
  }),
  next: t.String({
    maxLength: 2048,
    description: "Where a browser goes",
    examples: ["https://www.example.com/thanks"],
  }),
  honeypot: t.String({ minLength: 1, maxLength: 100, examples: ["website"] }),
  confirmation: t.Object({
    subject: texts(200, { en: "Thank you" }),
    text: texts(10_000, { en: "We have received your feedback." }),
  }),
  open: t.Boolean({ description: "Default true", examples: [true] }),
  closes_at: t.String({
    pattern: "^[1-9]\\d{3}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?(Z|[+-]\\d{2}:\\d{2})$",
    description: "RFC 3339",
    examples: ["2036-01-31T18:00:00Z"],
  }),
  notify: t.Array(t.String({ maxLength: 254 }), { maxItems: 20, examples: [["team@example.com"]] }),
  deliver: t.Array(oneOf(deliverable as [string, ...string[]]), { maxItems: 7, examples: [["owner_email"]] }),
  double_opt_in: t.Boolean({ examples: [false] }),
  captcha: t.Object(
    {
      provider: oneOf(["altcha", "turnstile", "hcaptcha", "recaptcha_v2", "recaptcha_v3"]),
      required: t.Boolean(),
      min_score: t.Optional(t.Number({ minimum: 0, maximum: 1, description: "Of reCAPTCHA v3; 0.5" })),
    },
    { examples: [{ provider: "altcha", required: false }] },
  ),
  token_required: t.Boolean({ examples: [false] }),
  thresholds: t.Object({
    held: t.Integer({ minimum: 0, maximum: 100, examples: [50] }),
    spam: t.Integer({ minimum: 0, maximum: 100, examples: [80] }),
  }),
  retention: t.Object({
    days: t.Integer({ minimum: 0, ...Days, description: "0 keeps the messages", examples: [365] }),
    spam_days: t.Integer({ minimum: 1, ...Days, examples: [30] }),
  }),
};

/** A form as the team writes and reads it. Members that are not listed are left out, regular expressions among them. */
export const WireForm = t.Object({ ...always, ...t.Partial(t.Object(settings)).properties });
export type WireForm = Static<typeof WireForm>;

type Clearable = {
  [Name in keyof typeof settings]: TOptional<TUnion<[(typeof settings)[Name], TNull]>>;
};
const clearable = Object.fromEntries(
  Object.entries(settings).map(([name, schema]) => [name, t.Optional(t.Nullable<TSchema>(schema))]),
) as unknown as Clearable;

/** What may be changed of it, each member as a whole; null takes a setting back to its default. */
export const WireChange = t.Object({ ...t.Partial(t.Object(always)).properties, ...clearable });
export type WireChange = Static<typeof WireChange>;
