import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  index,
  integer,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytea } from "#/kernel/db/bytea";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });
const number64 = () => bigint({ mode: "number" });

/** Each may do what those before it may. */
export const roles = ["user", "editor", "dev"] as const;
export type Role = (typeof roles)[number];

/** What a session may reach: the portal, everything of its role, or nothing but enrolling one-time codes. */
export const scopes = ["user", "dev", "enrol"] as const;
export type Scope = (typeof scopes)[number];

export type RegisteredVia = "publishing" | "portal" | "github" | "cli" | "import";
export type LinkPurpose = "verify" | "reset" | "email" | "enrol" | "setup";

/**
 * Everybody of every surface. `emailKey` and `usernameKey` are what makes two the same (`identity-keys.ts`): computed
 * in code, because lower-casing in SQL depends on the server's locale.
 */
export const users = gatehouse.table(
  "users",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** As typed. Null for a GitHub account without a verified address. */
    email: text(),
    emailKey: text().unique("users_email_key_unique"),
    username: text().notNull(),
    usernameKey: text().notNull().unique("users_username_key_unique"),
    /** PHC string, or the bcrypt hash of an older system; null where there is no password. */
    passwordHash: text(),
    role: text().$type<Role>().notNull().default("user"),
    /** Counted up by logout, role change and the like: access tokens of an older version are refused. */
    tokenVersion: integer().notNull().default(0),
    verifiedAt: moment(),
    disabledAt: moment(),
    fullName: text().notNull().default(""),
    location: text().notNull().default(""),
    avatarUrl: text().notNull().default("default.jpg"),
    registeredVia: text().$type<RegisteredVia>().notNull(),
    /** In a row; a sign-in sets it back to 0. */
    failedSignIns: integer().notNull().default(0),
    lastSignInAt: moment(),
    createdAt: moment().notNull().defaultNow(),
    /** Address, password, verification. Null until the first change. */
    updatedAt: moment(),
    /** Name, location, avatar. Null until the first change. */
    profileUpdatedAt: moment(),
  },
  (table) => [
    index().on(table.role, table.id),
    index().on(table.createdAt, table.id),
    // For searches by prefix, whatever the collation of the database.
    // Hashes that take another time to verify than ours; `imported-hashes.ts` asks for any.
    index("users_imported_hash_index")
      .on(table.id)
      .where(
        sql`${table.passwordHash} like '$2%' or (${table.passwordHash} like '$argon2%' and ${table.passwordHash} not like '$argon2id$v=19$m=19456,t=2,p=1$%')`,
      ),
    index("users_email_key_prefix_index").on(table.emailKey.op("text_pattern_ops")),
    index("users_username_key_prefix_index").on(table.usernameKey.op("text_pattern_ops")),
  ],
);

/** One sign-in: a family of refresh tokens. Kept 30 days after its end. */
export const sessions = gatehouse.table(
  "sessions",
  {
    id: number64().primaryKey().generatedAlwaysAsIdentity(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    scope: text().$type<Scope>().notNull(),
    /** How the person was recognised: `pwd`, `otp` (RFC 8176). */
    amr: text().array().notNull(),
    createdAt: moment().notNull().defaultNow(),
    lastSeenAt: moment().notNull().defaultNow(),
    /** The end that no refresh moves. */
    expiresAt: moment().notNull(),
    revokedAt: moment(),
    revokedWhy: text(),
    /** HMAC of the client's network: tells a known one without keeping it. */
    ipTag: text(),
    agent: text(),
  },
  (table) => [
    index().on(table.userId, table.revokedAt),
    index().on(table.expiresAt),
    index().on(table.userId, table.ipTag),
  ],
);

/** The chain of a session: each token has at most one successor. Only hashes (SHA-256) are stored. */
export const refreshTokens = gatehouse.table(
  "refresh_tokens",
  {
    id: number64().primaryKey().generatedAlwaysAsIdentity(),
    sessionId: number64()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    hash: bytea().notNull().unique(),
    parentId: number64()
      .unique("refresh_tokens_parent_unique")
      .references((): AnyPgColumn => refreshTokens.id, { onDelete: "cascade" }),
    expiresAt: moment().notNull(),
    usedAt: moment(),
  },
  (table) => [index().on(table.sessionId)],
);

/** Links that work once. They outlive their account until they expire, so that a second click gets its answer. */
export const oneTimeTokens = gatehouse.table(
  "one_time_tokens",
  {
    hash: bytea().primaryKey(),
    purpose: text().$type<LinkPurpose>().notNull(),
    userId: integer().references(() => users.id, { onDelete: "set null" }),
    /** The address it was sent to; of `email` the new one. Empty where the link was shown instead of mailed. */
    email: text().notNull(),
    expiresAt: moment().notNull(),
    usedAt: moment(),
  },
  (table) => [index().on(table.userId, table.purpose), index().on(table.expiresAt)],
);

/** The authenticator app of a person (RFC 6238); the secret is sealed. */
export const totpFactors = gatehouse.table("totp_factors", {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  secret: bytea().notNull(),
  confirmedAt: moment(),
  /** The last time step that was used: none counts twice. */
  lastStep: number64().notNull().default(0),
});

/** Wrong one-time codes of an account, in a table so that a restart forgets none. */
export const codeFailures = gatehouse.table("code_failures", {
  userId: integer()
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  count: integer().notNull(),
  since: moment().notNull(),
});

/** Ten codes of 80 random bits for whoever lost the app; stored as SHA-256. */
export const recoveryCodes = gatehouse.table(
  "recovery_codes",
  {
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    hash: bytea().notNull(),
    usedAt: moment(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

/** Who may register to publish, beside WHITELISTED_EMAILS: an address, or `@domain`, as keys. */
export const allowedEmails = gatehouse.table("allowed_emails", {
  pattern: text().primaryKey(),
  note: text().notNull().default(""),
  addedBy: integer().references(() => users.id, { onDelete: "set null" }),
  createdAt: moment().notNull().defaultNow(),
});

/** Who signs in with an account elsewhere; GitHub is the first such place. */
export const identities = gatehouse.table(
  "identities",
  {
    provider: text().$type<"github">().notNull(),
    /** The provider's own id: GitHub's exceed 2^31. */
    subject: text().notNull(),
    userId: integer()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    login: text().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.subject] }),
    uniqueIndex().on(table.userId, table.provider),
  ],
);
