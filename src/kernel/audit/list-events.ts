import { and, type Column, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "../db";
import { newestOf, newestOfModule } from "./newest-events";
import { auditDetails, auditEvents, type Json } from "./tables";

/** An event as it is read. `details` is what is left of the personal part, `seq` its place once it is sealed. */
export type AuditRecord = {
  id: number;
  at: Date;
  event: string;
  actor: number | null;
  subject: { type: string; id: string };
  outcome: "ok" | "refused";
  requestId: string | null;
  data: { readonly [name: string]: Json };
  details: { readonly [name: string]: Json } | null;
  seq: number | null;
};

export type EventFilters = {
  /** A whole name, or all of a module: `session.`. */
  event?: string;
  actor?: number;
  subject?: { type: string; id: string };
  outcome?: "ok" | "refused";
  requestId?: string;
  /** From this moment on; without `from` and `to` the last 30 days. */
  from?: Date;
  /** Before this moment. */
  to?: Date;
};

const mostEvents = 200;

/** Newest first, at most `limit` (200). `after` is the `next` of the page before; `next` is null on the last one. */
export async function listEvents(
  db: Db,
  { limit, after, ...filters }: EventFilters & { limit: number; after?: number },
): Promise<{ items: AuditRecord[]; next: number | null }> {
  const most = Math.min(limit, mostEvents);
  const { begin, end } = spanOf(filters);
  const { outcome, event } = filters;
  const module = event?.endsWith(".") ? event : undefined;
  const [key, ...others] = keysOf(filters);
  const search = {
    ids: idsWithin(begin, end, after),
    rest: and(
      ...others.flat().map(([column, value]) => eq(column, value)),
      module && key ? sql`starts_with(${auditEvents.event}, ${module})` : undefined,
      // A text and no parameter, so that the index of the refused is seen to fit.
      outcome && sql`${auditEvents.outcome} = ${outcome === "refused" ? sql`'refused'` : outcome}`,
      begin && gte(auditEvents.at, begin),
      end && lt(auditEvents.at, end),
    ),
    most: most + 1,
  };
  const rows = await recordsOf(
    db,
    module && !key ? newestOfModule(module, search) : newestOf(key ?? [], search),
  );
  const items = rows.slice(0, most);
  return { items, next: rows.length > most ? (items.at(-1)?.id ?? null) : null };
}

/**
 * What a person did and what was done to them, newest first. Details are only those of what the person did: others'
 * are not theirs to see.
 */
export async function recentEventsOf(db: Db, userId: number, limit: number): Promise<AuditRecord[]> {
  const search = { ids: idsWithin(undefined, undefined, undefined), rest: undefined, most: limit };
  const [did, happened] = [
    ...keysOf({ actor: userId }),
    ...keysOf({ subject: { type: "user", id: String(userId) } }),
  ].map((key) => newestOf(key, search));
  const rows = await recordsOf(db, sql`(${did}) union (${happened})`);
  return rows.slice(0, limit).map((row) => (row.actor === userId ? row : { ...row, details: null }));
}

const recordsOf = (db: Db, ids: SQL): Promise<AuditRecord[]> =>
  db
    .select({
      id: auditEvents.id,
      at: auditEvents.at,
      event: auditEvents.event,
      actor: auditEvents.actorId,
      subject: { type: auditEvents.subjectType, id: auditEvents.subjectId },
      outcome: auditEvents.outcome,
      requestId: auditEvents.requestId,
      data: auditEvents.data,
      details: auditDetails.details,
      seq: auditEvents.seq,
    })
    .from(auditEvents)
    .leftJoin(auditDetails, eq(auditDetails.eventId, auditEvents.id))
    .where(sql`${auditEvents.id} in (${ids})`)
    .orderBy(desc(auditEvents.id));

/** The filters that have an index, the one that is likely to leave the fewest events first. */
function keysOf({ event, actor, subject, requestId }: EventFilters): (readonly [Column, unknown])[][] {
  const keys: (readonly [Column, unknown])[][] = [];
  if (requestId !== undefined) keys.push([[auditEvents.requestId, requestId]]);
  if (subject)
    keys.push([
      [auditEvents.subjectType, subject.type],
      [auditEvents.subjectId, subject.id],
    ]);
  if (actor !== undefined) keys.push([[auditEvents.actorId, actor]]);
  if (event !== undefined && !event.endsWith(".")) keys.push([[auditEvents.event, event]]);
  return keys;
}

function spanOf({ from, to }: EventFilters): { begin: SQL | undefined; end: SQL | undefined } {
  const moment = (date: Date) => sql`${date.toISOString()}::timestamptz`;
  if (!from && !to) return { begin: sql`now() - interval '30 days'`, end: undefined };
  return { begin: from && moment(from), end: to && moment(to) };
}

/**
 * The ids that events of this span can have, so that an index by name or person is read there alone. An event gets its
 * id and its moment in one statement, so the two orders agree within a minute.
 */
function idsWithin(begin: SQL | undefined, end: SQL | undefined, after: number | undefined) {
  const { id, at } = auditEvents;
  const newest = after === undefined ? sql`9223372036854775807` : sql`${after - 1}::bigint`;
  const minute = sql`interval '1 minute'`;
  return {
    from: begin
      ? sql`(select ${id} from ${auditEvents} where ${at} >= ${begin} - ${minute} order by ${at} limit 1)`
      : sql`0`,
    to: end
      ? sql`least(${newest}, (select ${id} from ${auditEvents} where ${at} < ${end} + ${minute} order by ${at} desc limit 1))`
      : newest,
  };
}
