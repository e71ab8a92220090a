import { bigint, integer, jsonb, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "#/kernel/db/bytea";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** How often a feature stood in what the team called spam, and in what it wanted. The feature is a keyed hash. */
export const spamTokens = gatehouse.table("spam_tokens", {
  token: bigint({ mode: "bigint" }).primaryKey(),
  spam: integer().notNull().default(0),
  ham: integer().notNull().default(0),
});

/** What was learned from which message, so that it can be taken back exactly. */
export const spamLessons = gatehouse.table("spam_lessons", {
  submissionId: uuid().primaryKey(),
  label: text().$type<"spam" | "ham">().notNull(),
  /** How likely spam it was by the model before this lesson, in percent; null while it did not speak. */
  predicted: integer(),
  tokens: jsonb().$type<string[]>().notNull(),
  createdAt: moment().notNull().defaultNow(),
});

/** The team's own rules. */
export const spamRules = gatehouse.table("spam_rules", {
  id: uuid().primaryKey(),
  position: integer().notNull(),
  definition: jsonb().$type<unknown>().notNull(),
  createdAt: moment().notNull().defaultNow(),
});

/** Page tokens and solved challenges, by a hash, until they expire. */
export const spentTokens = gatehouse.table("spent_tokens", {
  tokenHash: bytea().primaryKey(),
  uses: integer().notNull().default(1),
  expiresAt: moment().notNull(),
});
