import { type TSchema, t } from "elysia";
import { oneOf } from "#/kernel/http";

/** What front ends keep beside the members known here. */
const Extra = t.Union([t.Boolean(), t.Number(), t.String({ maxLength: 200 })]);

const known = {
  notifications: {
    security_alerts: t.Literal(true, { description: "Always on" }),
    submission_replies: t.Boolean(),
    upload_results: t.Boolean(),
    product_updates: t.Boolean(),
    digest: oneOf(["off", "daily", "weekly"]),
  },
  appearance: {
    theme: oneOf(["system", "light", "dark"]),
    language: t.String({
      pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
      maxLength: 35,
      description: "BCP 47",
      examples: ["en"],
    }),
    timezone: t.String({ maxLength: 64, description: "IANA", examples: ["Europe/Berlin"] }),
    density: oneOf(["comfortable", "compact"]),
  },
  privacy: {
    profile_public: t.Boolean(),
    show_email: t.Boolean(),
    analytics: t.Boolean(),
  },
};
export type SectionName = keyof typeof known;

/** What holds until a person says otherwise. */
export const defaults = {
  notifications: {
    security_alerts: true,
    submission_replies: true,
    upload_results: true,
    product_updates: false,
    digest: "off",
  },
  appearance: { theme: "system", language: "en", timezone: "UTC", density: "comfortable" },
  privacy: { profile_public: false, show_email: false, analytics: false },
} as const;

/** A whole section, as it is answered. */
export const sectionSchema = (name: SectionName) =>
  t.Object(known[name] as Record<string, TSchema>, {
    additionalProperties: Extra,
    examples: [defaults[name]],
  });

/** The same for the documentation: compiling a route, Elysia closes its schemas and would hide that others are kept. */
export const documentedSection = (name: SectionName) => ({
  200: {
    description: "The whole section",
    content: { "application/json": { schema: copyOf(sectionSchema(name)) } },
  },
});

const copyOf = (schema: object) => JSON.parse(JSON.stringify(schema));

/** A change of some members; null sets one back to its default. */
export const changeSchema = (name: SectionName) =>
  t.Object(
    Object.fromEntries(
      Object.entries(known[name]).map(([member, schema]) => [
        member,
        t.Optional(t.Nullable(schema as TSchema)),
      ]),
    ),
    { additionalProperties: t.Nullable(Extra), examples: [changes[name]] },
  );

const changes: Record<SectionName, object> = {
  notifications: { digest: "weekly", product_updates: null },
  appearance: { theme: "dark", timezone: "Europe/Berlin", sidebar_open: true },
  privacy: { profile_public: true },
};
