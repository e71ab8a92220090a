import { type StaticDecode, Type } from "@sinclair/typebox";
import { accountSettings } from "./account-settings";
import { deliverySettings } from "./delivery-settings";
import * as k from "./kinds";
import { vendorSettings } from "./vendor-settings";

const root = "32 random bytes or more, such as `openssl rand -base64 32` prints.";

/**
 * Every variable that is read. A new setting is a property here: `.env.example`, the README's table, the check
 * at start and `doctor` follow from it. Each may also come as `NAME_FILE` or as a systemd credential `NAME`.
 */
export const settings = Type.Object({
  ENV: k.choice({
    production: "production",
    prod: "production",
    staging: "production",
    development: "development",
    dev: "development",
    local: "development",
    test: "test",
    testing: "test",
  })({
    description:
      "production, development or test. Unset: development while listening on loopback without a root secret, else production.",
  }),
  FLASK_ENV: k.choice({
    production: "production",
    development: "development",
    test: "test",
    testing: "test",
  })({ description: "The same as ENV. Where both are set and differ, the start stops." }),
  HOST: k.host({ description: "Address to listen on. Unset: 127.0.0.1, in production 0.0.0.0." }),
  PORT: k.integer(0, 65_535)({ default: "8000", description: "Port to listen on; 0 takes a free one." }),
  PUBLIC_URL: k.publicUrl({
    description:
      "The address under which visitors reach this service. Unset: links lead to localhost and redirects accept paths only.",
  }),
  DATA_DIR: k.path({
    default: "./data",
    description: "Folder of the embedded database, of generated keys and of the local outbox.",
  }),
  DATABASE_URL: k.databaseUrl({
    secret: true,
    description:
      "PostgreSQL 14 or later; `postgresql+asyncpg://` is understood. Unset: the embedded database.",
  }),
  SECRET_KEY: k.secretText({
    secret: true,
    description: `Root secret, required in production: ${root} The first of SECRET_KEY, JWT_SECRET_KEY, ENCRYPTION_KEY that is set is the root; the others, where absent, are derived from it. Outside production one is generated into DATA_DIR/keys.`,
  }),
  JWT_SECRET_KEY: k.secretText({
    secret: true,
    description: `Signs access tokens; the root secret where SECRET_KEY is not set. ${root}`,
  }),
  ENCRYPTION_KEY: k.key256({
    secret: true,
    description:
      "Seals stored secrets; the root secret where neither of the two above is set. Exactly 32 bytes in base64 or base64url; a Fernet key fits.",
  }),
  ENCRYPTION_KEY_PREVIOUS: k.key256({
    secret: true,
    description:
      "The ENCRYPTION_KEY before the present one: what it sealed still opens, and nothing new is sealed with it.",
  }),
  LOG_LEVEL: k.choice({
    debug: "debug",
    notset: "debug",
    trace: "debug",
    info: "info",
    warn: "warn",
    warning: "warn",
    error: "error",
    critical: "error",
    fatal: "error",
  })({
    default: "info",
    description: "debug, info, warn or error; Python's WARNING and CRITICAL are understood.",
  }),
  CORS_ALLOWED_ORIGINS: k.origins({
    default: "",
    description:
      'Sites that may post forms and read answers: full origins, `https://*.example.com` or `*`, separated by commas or as a JSON list `["a","b"]`. Unset: every site may post forms, nothing else.',
  }),
  CORS_ALLOW_ORIGINS: k.origins({
    default: "",
    description: "The same under its other name; both lists are joined.",
  }),
  TRUSTED_PROXIES: k.networks({
    description:
      "Addresses or networks whose forwarding headers are believed, separated by commas; `loopback`, `none`. Unset: loopback while listening on loopback, else none.",
  }),
  SMTP_URL: k.url(
    "smtp",
    "smtps",
  )({
    secret: true,
    vendor: true,
    description: "Mail server, `smtps://user:password@host:465` or `smtp://user:password@host:587`.",
  }),
  SMTP_ALLOW_PLAIN: k.onOff({
    default: "off",
    description: "on: mail may leave without encryption, to another machine than this one.",
  }),
  MAIL_FROM: k.sender({ description: "Sender of our mails, `Site <site@example.com>`." }),
  NOTIFY_EMAIL: k.addresses({
    default: "",
    description: "Who hears of a message when its form names nobody; separated by commas.",
  }),
  RATE_LIMIT: k.onOff({ default: "on", description: "off switches every rate limit off (benchmarks)." }),
  RATE_LIMIT_ALLOW: k.networks({
    default: "",
    description: "Addresses or networks without rate limits, separated by commas.",
  }),
  FORMS_OWNER_ADDRESS: k.address({
    description: "Public address shown to a visitor whose message cannot be stored.",
  }),
  FORMS_CONFIRMATION: k.slugs({
    default: "",
    description:
      "Forms that write a confirmation to the visitor, by name and separated by commas. Unset: none.",
  }),
  FORMS_DUPLICATE_WINDOW: k.duration({
    default: "10s",
    description: "The same message from the same client within this time counts once.",
  }),
  FORMS_QUEUE: k.integer(
    1,
    1_000_000,
  )({
    default: "5000",
    description: "Messages that may wait for the database at one time; more are answered 503.",
  }),
  FORMS_RATE_CLIENT_FORM: k.rate({
    default: "10/60s",
    description: "Accepted posts of a client to one form.",
  }),
  FORMS_RATE_CLIENT: k.rate({ default: "30/60s", description: "Accepted posts of a client to all forms." }),
  FORMS_RATE_ATTEMPTS: k.rate({
    default: "60/60s",
    description: "All posts of a client, refused ones included.",
  }),
  CONTROL_SOCKET: k.socketPath({
    description: "Private socket for the commands. Unset: `control.sock` in DATA_DIR.",
  }),

  METRICS_TOKEN: k.secretText({
    secret: true,
    description:
      "Bearer token that opens `/metrics`. Unset: outside production the same machine may read it, in production nobody.",
  }),
  ...deliverySettings,
  ...accountSettings,
  ...vendorSettings,
});

export type Settings = StaticDecode<typeof settings>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(settings.properties) as readonly SettingName[];

/** What the schema says of a setting; `must` completes "NAME must be …". */
export const factsOf = (name: SettingName) =>
  settings.properties[name] as unknown as k.Facts & { must: string };
