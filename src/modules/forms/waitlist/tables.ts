import { sql } from "drizzle-orm";
import { bigint, index, integer, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "#/kernel/db/bytea";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** `removed`: the message that made it is spam. */
export const waitlistStates = ["pending", "confirmed", "invited", "joined", "removed"] as const;
export type WaitlistState = (typeof waitlistStates)[number];

/** One row an address on the waitlist. */
export const waitlistEntries = gatehouse.table(
  "waitlist_entries",
  {
    id: uuid().primaryKey(),
    seq: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
    submissionId: uuid().notNull(),
    emailNormalised: text().notNull().unique(),
    state: text().$type<WaitlistState>().notNull(),
    /** Friends who came by this one's link and confirmed. */
    credited: integer().notNull().default(0),
    /** `seq - spots per referral × credited`: who is first is let in first. */
    rankKey: bigint({ mode: "number" }).notNull().default(0),
    referralToken: text().notNull().unique(),
    referredBy: uuid(),
    statusTokenHash: bytea().unique(),
    confirmedAt: moment(),
    invitedAt: moment(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [
    index().on(table.state, table.rankKey, table.seq),
    index("waitlist_entries_referred_index").on(table.referredBy).where(sql`${table.referredBy} is not null`),
  ],
);
