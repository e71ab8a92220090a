import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { highest, lowest } from "../inbox/newest-messages";
import { idAt } from "../received-at";
import { type Channel, channels, type DeliveryState, type SubmissionKind } from "../tables";

/** A delivery as a list shows it. Moments are ISO 8601, as the database words them. */
export type ListedDelivery = {
  id: string;
  submissionId: string;
  form: string;
  kind: SubmissionKind;
  channel: Channel;
  target: string;
  state: DeliveryState;
  attempts: number;
  nextAt: string | null;
  waitsFor: string | null;
  remoteId: string | null;
  lastError: string | null;
  createdAt: string;
  updatedAt: string | null;
};

export type DeliveryFilters = {
  state?: DeliveryState;
  channel?: Channel;
  target?: string;
  form?: string;
  /** Default: real. */
  kind?: SubmissionKind;
  /** Planned from this moment on. */
  since?: Date;
  /** Planned before this moment. */
  until?: Date;
};

/** Deliveries that one call looks through for what no index knows. */
const window = 1_000;
const openStates: ReadonlySet<DeliveryState> = new Set(["dead", "retrying", "skipped"]);

type Page = { limit: number; after?: string; order?: "newest" | "oldest" };

/**
 * Newest first unless asked otherwise, at most `limit`, beyond `after`. What no index knows is looked for among the
 * next 1,000: fewer than `limit` may come back although there are more, so `next` (where to read on, null at the end)
 * says whether the search is over.
 */
export async function listDeliveries(
  db: Db,
  { limit, after, order = "newest", ...filters }: DeliveryFilters & Page,
): Promise<{ items: ListedDelivery[]; next: string | null }> {
  const { form, kind = "real" } = filters;
  const source = sourceOf(filters);
  const most = source.isExact && form === undefined ? limit + 1 : window;
  const direction = order === "newest" ? sql`desc` : sql`asc`;
  const farthest = order === "newest" ? sql`min(id::text)` : sql`max(id::text)`;
  const moment = (column: SQL) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const rows = await db.execute(sql`
    with candidates as materialized (${source.rows(spanOf(filters, after, order), direction, most)}),
    found as (
      select c.id, c.submission_id as "submissionId", s.form, s.kind, c.channel, c.target, c.state, c.attempts,
        c.waits_for as "waitsFor", c.remote_id as "remoteId", c.last_error as "lastError",
        ${moment(sql`coalesce(l.until, c.next_at)`)} as "nextAt", ${moment(sql`c.created_at`)} as "createdAt",
        ${moment(sql`c.updated_at`)} as "updatedAt"
      from candidates c join gatehouse.submissions s on s.id = c.submission_id
      left join gatehouse.delivery_lanes l on l.lane = c.waits_for
      where s.kind = ${kind} and ${matches(filters)} order by c.id ${direction} limit ${limit + 1}::int)
    select found.*, scanned.count, scanned.last
    from (select count(*)::int as count, ${farthest} as last from candidates) as scanned
    left join found on true order by found.id ${direction}`);
  const found = rowsOf<ListedDelivery & { count: number; last: string | null }>(rows);
  const items = found.filter(({ id }) => id !== null).map(({ count, last, ...item }) => item);
  const page = items.slice(0, limit);
  if (items.length > limit) return { items: page, next: page.at(-1)?.id ?? null };
  const [scanned] = found;
  return { items: page, next: scanned?.count === most ? scanned.last : null };
}

type Span = { from: string; to: string };

/** Ids beyond one and before another; both are left out. */
function spanOf({ since, until }: DeliveryFilters, after: string | undefined, order: Page["order"]): Span {
  const from = since ? idAt(since) : lowest;
  const to = until ? idAt(until) : highest;
  if (after === undefined) return { from, to };
  return order === "newest"
    ? { from, to: after < to ? after : to }
    : { from: after > from ? after : from, to };
}

/** `isExact`: what it gives needs no further look but for its kind, which is nearly always real. */
type Source = { isExact: boolean; rows(span: Span, direction: SQL, most: number): SQL };

/**
 * The index that is read. Whole rows are compared where it has several columns: that has one way through one index,
 * whatever the planner believes to be frequent.
 */
function sourceOf({ state, channel, target, kind = "real" }: DeliveryFilters): Source {
  const ofThese = channel === undefined && target === undefined;
  if (kind !== "real") return { isExact: false, rows: staged };
  if (state !== undefined && openStates.has(state))
    return {
      isExact: ofThese,
      rows: ({ from, to }, direction, most) => sql`
        select * from gatehouse.deliveries where state in ('dead', 'retrying', 'skipped')
          and (state, id) > (${state}::text, ${from}::uuid) and (state, id) < (${state}::text, ${to}::uuid)
        order by state ${direction}, id ${direction} limit ${most}::int`,
    };
  if (target !== undefined)
    return {
      isExact: state === undefined,
      rows: (span, direction, most) => {
        const parts = (channel === undefined ? channels : [channel]).map(
          (one) => sql`(${toTarget({ channel: one, target }, span, direction, most)})`,
        );
        return sql`select * from (${sql.join(parts, sql` union all `)}) as delivery
          order by id ${direction} limit ${most}::int`;
      },
    };
  return {
    isExact: ofThese && state === undefined,
    rows: ({ from, to }, direction, most) => sql`
      select * from gatehouse.deliveries where id > ${from}::uuid and id < ${to}::uuid
      order by id ${direction} limit ${most}::int`,
  };
}

const toTarget = (
  { channel, target }: { channel: Channel; target: string },
  { from, to }: Span,
  direction: SQL,
  most: number,
): SQL => sql`
  select * from gatehouse.deliveries
  where (channel, target, id) > (${channel}::text, ${target}::text, ${from}::uuid)
    and (channel, target, id) < (${channel}::text, ${target}::text, ${to}::uuid)
  order by channel ${direction}, target ${direction}, id ${direction} limit ${most}::int`;

/** Of tests and canaries, which are few: by their messages. */
const staged: Source["rows"] = ({ from, to }, direction, most) => sql`
  select * from gatehouse.deliveries where submission_id in (
      select id from gatehouse.submissions where kind <> 'real' order by id desc limit ${most}::int)
    and id > ${from}::uuid and id < ${to}::uuid
  order by id ${direction} limit ${most}::int`;

function matches({ state, channel, target, form }: DeliveryFilters): SQL {
  const all = [
    ...(state === undefined ? [] : [sql`c.state = ${state}`]),
    ...(channel === undefined ? [] : [sql`c.channel = ${channel}`]),
    ...(target === undefined ? [] : [sql`c.target = ${target}`]),
    ...(form === undefined ? [] : [sql`s.form = ${form}`]),
  ];
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}
