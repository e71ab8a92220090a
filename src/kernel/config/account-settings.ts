import * as k from "./kinds";

const lifetime = { minimum: 1, maximum: 31_536_000 };

/** Tokens, sessions, passwords, who may register, and how long the audit is kept. */
export const accountSettings = {
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
};
