import { sql } from "drizzle-orm";
import { bigint, customType, index, integer, jsonb, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea } from "../db/bytea";
import { gatehouse } from "../db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });
const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * Who did what to what. Rows are added in the transaction of the change and never altered: `audit.seal` gives them
 * their place in the chain (`seq`, `hash`) afterwards, and retention removes the oldest.
 */
export const auditEvents = gatehouse.table(
  "audit_events",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment().notNull().default(sql`clock_timestamp()`),
    tx: xid8().notNull().default(sql`pg_current_xact_id()`),
    event: text().notNull(),
    actorId: integer(),
    subjectType: text().notNull(),
    subjectId: text().notNull(),
    outcome: text().$type<"ok" | "refused">().notNull(),
    requestId: text(),
    /** Ids, and before and after of what is not personal. */
    data: jsonb().$type<{ readonly [name: string]: Json }>().notNull().default({}),
    /** SHA-256 of salt and details, so that details can be erased and the chain still holds. */
    detailsDigest: bytea(),
    seq: bigint({ mode: "number" }),
    hash: bytea(),
  },
  (table) => [
    index().on(table.at),
    uniqueIndex().on(table.seq),
    index().on(table.subjectType, table.subjectId, table.id),
    index().on(table.actorId, table.id),
    index().on(table.event, table.id),
    index("audit_events_unsealed_index").on(table.tx, table.id).where(sql`${table.seq} is null`),
  ],
);

/** What is personal in an event: kept for a while, erased on demand. */
export const auditDetails = gatehouse.table(
  "audit_details",
  {
    eventId: bigint({ mode: "number" }).primaryKey(),
    at: moment().notNull().default(sql`clock_timestamp()`),
    salt: bytea().notNull(),
    details: jsonb().$type<{ readonly [name: string]: Json }>().notNull(),
  },
  (table) => [index().on(table.at)],
);
