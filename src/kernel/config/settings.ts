import { type StaticDecode, Type } from "@sinclair/typebox";
import * as k from "./kinds";

const root = "32 random bytes or more, such as `openssl rand -base64 32` prints.";
const lifetime = { minimum: 1, maximum: 31_536_000 };

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
  JWT_ISSUER: k.text({ default: "gatehouse", description: "`iss` of the access tokens." }),
  JWT_SECRET_KEY_PREVIOUS: k.secretText({
    secret: true,
    description:
      "The JWT_SECRET_KEY before the present one: its access tokens stay good until they expire, and none is signed with it.",
  }),
  JWT_ACCESS_TOKEN_EXPIRES: k.integer(
    lifetime.minimum,
    lifetime.maximum,
  )({
    description:
      "Lifetime of an access token in seconds. Unset: ACCESS_TOKEN_EXPIRE_MINUTES, else 3600; of scope `dev` never more than 900.",
  }),
  JWT_REFRESH_TOKEN_EXPIRES: k.integer(
    lifetime.minimum,
    lifetime.maximum,
  )({
    description:
      "Lifetime of a refresh token in seconds. Unset: REFRESH_TOKEN_EXPIRE_MINUTES, else 86400. Each refresh gives a new one.",
  }),
  ACCESS_TOKEN_EXPIRE_MINUTES: k.integer(
    lifetime.minimum,
    lifetime.maximum / 60,
  )({ description: "Lifetime of an access token in minutes; seconds win where both are set." }),
  REFRESH_TOKEN_EXPIRE_MINUTES: k.integer(
    lifetime.minimum,
    lifetime.maximum / 60,
  )({ description: "Lifetime of a refresh token in minutes; seconds win where both are set." }),
  SESSION_MAX_DAYS: k.integer(
    1,
    366,
  )({
    default: "30",
    description: "Days after which a session ends, however often it was refreshed; 12 hours for scope `dev`.",
  }),
  REFRESH_GRACE_SECONDS: k.integer(
    0,
    120,
  )({
    default: "10",
    description: "Seconds in which a refresh token may be sent again, by a second tab or a retry.",
  }),
  PASSWORD_MIN_LENGTH: k.integer(
    8,
    64,
  )({ default: "8", description: "Characters of a new password; 15 is advised." }),
  HASH_SLOTS: k.integer(
    1,
    64,
  )({ description: "Passwords hashed at one time. Unset: one less than there are cores." }),
  HASH_MAX_WAIT_MS: k.integer(
    100,
    60_000,
  )({
    default: "3000",
    description: "Milliseconds a sign-in may be expected to wait for its turn; beyond it 503.",
  }),
  REQUIRE_VERIFIED_EMAIL: k.choice({
    auto: "auto",
    true: "true",
    on: "true",
    yes: "true",
    "1": "true",
    false: "false",
    off: "false",
    no: "false",
    "0": "false",
  })({
    default: "auto",
    description:
      "Whether an address must be confirmed. auto: where mail can be sent. true without mail stops the start.",
  }),
  EDITOR_REQUIRE_OTP: k.onOff({
    default: "off",
    description: "on: the rights of role `editor` need a session opened with a one-time code.",
  }),
  PORTAL_REGISTRATION: k.choice({ open: "open", closed: "closed", allowlist: "allowlist" })({
    default: "open",
    description: "Who may register in the portal; allowlist: those who may register to publish.",
  }),
  UNVERIFIED_ACCOUNT_DAYS: k.integer(
    1,
    365,
  )({
    default: "7",
    description: "Days after which an account of the portal is deleted that nobody confirmed or used.",
  }),
  DEV_MASTER_OTP: k.text({
    secret: true,
    description:
      "Code of developers without an authenticator app. Outside production, unset: 000000, from this machine alone. In production it opens enrolment only, and a known default stops the start.",
  }),
  WHITELISTED_EMAILS: k.emailPatterns({
    default: "",
    description:
      "Who may register to publish: addresses or `@domain`, separated by commas. Empty: only who stands on the list kept by the team.",
  }),
  ACCOUNT_LINK_VERIFY: k.linkTemplate({
    description:
      "The site's own page that confirms an address, with `{token}` in it. Unset: a page of this service.",
  }),
  ACCOUNT_LINK_RESET: k.linkTemplate({
    description:
      "The site's own page that sets a new password, with `{token}`. Unset: a page of this service.",
  }),
  ACCOUNT_LINK_EMAIL: k.linkTemplate({
    description:
      "The site's own page that confirms a new address, with `{token}`. Unset: a page of this service.",
  }),
  AUDIT_DETAILS_DAYS: k.integer(
    1,
    3650,
  )({
    default: "90",
    description: "Days for which the personal part of an audit event is kept (address, browser).",
  }),
  AUDIT_MONTHS: k.integer(1, 120)({ default: "24", description: "Months for which audit events are kept." }),
  REDIS_URL: k.url("redis", "rediss")({ secret: true, later: true, description: "Redis, for rate limits." }),
  AWS_ACCESS_KEY_ID: k.text({ secret: true, vendor: true, later: true, description: "AWS key." }),
  AWS_SECRET_ACCESS_KEY: k.text({ secret: true, vendor: true, later: true, description: "AWS secret." }),
  AWS_REGION: k.text({ vendor: true, later: true, description: "AWS region." }),
  AWS_DEFAULT_REGION: k.text({
    vendor: true,
    later: true,
    description: "AWS region, where AWS_REGION is not set.",
  }),
  S3_BUCKET_UPLOADS: k.text({ vendor: true, later: true, description: "Bucket of what visitors upload." }),
  S3_BUCKET_PROCESSED: k.text({ vendor: true, later: true, description: "Bucket of results." }),
  S3_BUCKET_ASSETS: k.text({ vendor: true, later: true, description: "Bucket of published images." }),
  SQS_QUEUE_URL: k.url(
    "https",
    "http",
  )({ vendor: true, later: true, description: "Queue of work from outside." }),
  ECS_CLUSTER: k.text({ vendor: true, later: true, description: "Cluster that runs the runners." }),
  ECS_TASK_DEFINITION: k.text({ vendor: true, later: true, description: "Task of a runner." }),
  HUBSPOT_API_KEY: k.text({
    secret: true,
    vendor: true,
    later: true,
    description: "HubSpot private app token.",
  }),
  SENDGRID_API_KEY: k.text({ secret: true, vendor: true, later: true, description: "SendGrid key." }),
  CONTENTFUL_SPACE_ID: k.text({ vendor: true, later: true, description: "Contentful space." }),
  CONTENTFUL_ACCESS_TOKEN: k.text({
    secret: true,
    vendor: true,
    later: true,
    description: "Contentful delivery token.",
  }),
  RECAPTCHA_SECRET_KEY: k.text({ secret: true, vendor: true, later: true, description: "reCAPTCHA secret." }),
  GITHUB_CLIENT_ID: k.text({ vendor: true, later: true, description: "GitHub OAuth client." }),
  GITHUB_CLIENT_SECRET: k.text({ secret: true, vendor: true, later: true, description: "Its secret." }),
  GITHUB_APP_ID: k.text({ vendor: true, later: true, description: "GitHub App." }),
  GITHUB_APP_PRIVATE_KEY: k.secretText({
    secret: true,
    vendor: true,
    later: true,
    description: "Its private key: real line breaks, `\\n`, or base64.",
  }),
  GITHUB_WEBHOOK_SECRET: k.text({ secret: true, vendor: true, later: true, description: "Signs webhooks." }),
});

export type Settings = StaticDecode<typeof settings>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(settings.properties) as readonly SettingName[];

/** What the schema says of a setting; `must` completes "NAME must be …". */
export const factsOf = (name: SettingName) =>
  settings.properties[name] as unknown as k.Facts & { must: string };
