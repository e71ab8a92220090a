import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytea } from "../db/bytea";
import { gatehouse } from "../db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });
const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * Who did what to what. Rows are added in the transaction of the change and never altered: sealing gives them their
 * place in the chain (`seq`, `hash`) afterwards, and retention removes the oldest. Triggers refuse everything else.
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
    index().on(table.requestId, table.id),
    index("audit_events_refused_index").on(table.id).where(sql`${table.outcome} = 'refused'`),
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

/**
 * The two ends of the chain, in one row: the last event that retention removed and the last that was sealed. Without
 * them nobody would see that the first or the last event is gone. No row: nothing was sealed yet.
 */
export const auditChain = gatehouse.table(
  "audit_chain",
  {
    singleton: boolean().primaryKey().default(true),
    anchorSeq: bigint({ mode: "number" }).notNull(),
    anchorHash: bytea().notNull(),
    headSeq: bigint({ mode: "number" }).notNull(),
    headHash: bytea().notNull(),
    /** When the whole chain was last found right; null after it was found broken. */
    verifiedAt: moment(),
  },
  (table) => [check("audit_chain_one_row", sql`${table.singleton}`)],
);
