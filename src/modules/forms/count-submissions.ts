import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";

/** Each figure is counted up to this, so that no look at a full inbox reads the whole table. */
const most = 5_000;

export type InboxFigures = {
  submissions: { new: number; "24h": number; held: number };
  deliveries: { waiting: number; failed: number };
};

/** What the team has before it. */
export async function countInbox(db: Db): Promise<InboxFigures> {
  const counted = (rows: ReturnType<typeof sql>) =>
    sql`(select count(*)::int from (select 1 from ${rows} limit ${most}::int) as counted)`;
  const rows = await db.execute(sql`
    select ${counted(sql`gatehouse.submissions where state = 'inbox' and handling = 'new'`)} as "new",
      ${counted(sql`gatehouse.submissions where id >= ${firstIdOf(Date.now() - 86_400_000)}::uuid`)} as "24h",
      ${counted(sql`gatehouse.submissions where state = 'held'`)} as held,
      ${counted(sql`gatehouse.deliveries where state in ('queued', 'sending', 'retrying')`)} as waiting,
      ${counted(sql`gatehouse.deliveries where state = 'dead'`)} as failed`);
  const [row] = rowsOf<Record<string, number>>(rows);
  const of = (name: string) => row?.[name] ?? 0;
  return {
    submissions: { new: of("new"), "24h": of("24h"), held: of("held") },
    deliveries: { waiting: of("waiting"), failed: of("failed") },
  };
}

/** Messages from one address, at most `limit`. */
export async function countSubmissionsFrom(db: Db, email: string, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    select count(*)::int as count from (
      select 1 from gatehouse.submissions where email_normalised = ${email.toLowerCase()} limit ${limit}::int) as sent`);
  return rowsOf<{ count: number }>(rows)[0]?.count ?? 0;
}

/** The lowest UUIDv7 of a moment in milliseconds (RFC 9562 §5.7): ids are in order of arrival. */
function firstIdOf(ms: number): string {
  const digits = ms.toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
