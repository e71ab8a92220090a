import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { compiledForms } from "./compiled-forms";
import { idAt } from "./list-submissions";

/** Each figure is counted up to this, so that no look at a full inbox reads the whole table. */
const most = 5_000;

export type InboxFigures = {
  submissions: { new: number; "24h": number; held: number };
  /** `retrying` have been tried; those that never were are jobs of the queue `forms.deliver`. */
  deliveries: { retrying: number; failed: number };
};

/** What the team has before it. Of the inbox the 5,000 newest messages are looked at. */
export async function countInbox(db: Db, now: Date): Promise<InboxFigures> {
  const counted = (rows: SQL) =>
    sql`(select count(*)::int from (select 1 from ${rows} limit ${most}::int) as counted)`;
  const inState = (state: "inbox" | "held") => sql`
    jsonb_array_elements_text(${JSON.stringify([...compiledForms.keys()])}::text::jsonb) as wanted(form)
    cross join lateral (
      select id, handling from gatehouse.submissions
      where submissions.form = wanted.form and state = ${state} order by id desc limit ${most}::int) as message`;
  const lately = idAt(new Date(now.getTime() - 86_400_000));
  const rows = await db.execute(sql`
    select (select count(*) filter (where handling = 'new')::int from (
        select handling from ${inState("inbox")} order by id desc limit ${most}::int) as newest) as "new",
      ${counted(sql`gatehouse.submissions where id >= ${lately}::uuid`)} as "24h",
      ${counted(inState("held"))} as held,
      ${counted(sql`gatehouse.deliveries where state = 'retrying'`)} as retrying,
      ${counted(sql`gatehouse.deliveries where state = 'dead'`)} as failed`);
  const [row] = rowsOf<Record<string, number>>(rows);
  const of = (name: string) => row?.[name] ?? 0;
  return {
    submissions: { new: of("new"), "24h": of("24h"), held: of("held") },
    deliveries: { retrying: of("retrying"), failed: of("failed") },
  };
}

/** Messages from one address, at most `limit`. */
export async function countSubmissionsFrom(db: Db, email: string, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    select count(*)::int as count from (
      select 1 from gatehouse.submissions where email_normalised = ${email.toLowerCase()} limit ${limit}::int) as sent`);
  return rowsOf<{ count: number }>(rows)[0]?.count ?? 0;
}

export type FormFigures = {
  form: string;
  received: number;
  inbox: number;
  held: number;
  spam: number;
  /** The id of the newest message. */
  newest: string | null;
};

/** How many messages each form has, by state. */
export async function countForms(db: Db, forms: readonly string[]): Promise<FormFigures[]> {
  const counted = (state: string) => sql`(select count(*)::int from (
    select 1 from gatehouse.submissions where submissions.form = wanted.form and state = ${state}
    limit ${most}::int) as counted)`;
  const newest = sql`(select max(id) from (${sql.join(
    ["received", "inbox", "held", "spam"].map(
      (state) => sql`(select id::text as id from gatehouse.submissions
        where submissions.form = wanted.form and state = ${state} order by submissions.id desc limit 1)`,
    ),
    sql` union all `,
  )}) as newest)`;
  const rows = await db.execute(sql`
    select wanted.form, ${counted("received")} as received, ${counted("inbox")} as inbox,
      ${counted("held")} as held, ${counted("spam")} as spam, ${newest} as newest
    from jsonb_array_elements_text(${JSON.stringify(forms)}::text::jsonb) with ordinality as wanted(form, place)
    order by wanted.place`);
  return rowsOf<FormFigures>(rows);
}
