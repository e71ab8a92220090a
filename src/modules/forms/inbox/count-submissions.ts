import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { idAt } from "../received-at";
import { everything, isHeld, isNew, isReal, newestOf, newestWhere } from "./newest-messages";

/** Each figure is counted up to this, so that no look at a full inbox reads the whole table. */
const most = 5_000;
/** The same for all figures of one call together: 1,000 for each of six forms in four states. */
const mostOfForms = 24_000;

export type InboxFigures = {
  submissions: { new: number; "24h": number; held: number };
  /** `retrying` have been tried; those that never were are jobs of the queue `forms.deliver`. */
  deliveries: { retrying: number; failed: number };
};

/** What the team has before it, each figure from one index and no further than it is counted. */
export async function countInbox(db: Db, now: Date): Promise<InboxFigures> {
  const counted = (rows: SQL) => sql`(select count(*)::int from (${rows}) as counted)`;
  const lately = { ...everything, from: idAt(new Date(now.getTime() - 86_400_000)) };
  const inState = (state: "retrying" | "dead") => sql`
    select 1 from gatehouse.deliveries where state = ${sql.raw(`'${state}'`)} and not exists (
      select 1 from gatehouse.submissions staged where staged.id = submission_id and staged.kind <> 'real')
    order by state desc, id desc limit ${most}::int`;
  const rows = await db.execute(sql`
    select ${counted(newestWhere(isNew, everything, most))} as "new",
      ${counted(newestWhere(sql`true`, lately, most))} as "24h",
      ${counted(newestWhere(isHeld, everything, most))} as held,
      ${counted(inState("retrying"))} as retrying,
      ${counted(inState("dead"))} as failed`);
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
      select 1 from gatehouse.submissions where email_normalised = ${email.toLowerCase()} and ${isReal} limit ${limit}::int) as sent`);
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

const counted = ["received", "inbox", "held", "spam"] as const;

/** How many messages each form has, by state. */
export async function countForms(db: Db, forms: readonly string[]): Promise<FormFigures[]> {
  if (forms.length === 0) return [];
  const mostOfForm = Math.min(1_000, Math.floor(mostOfForms / (forms.length * counted.length)));
  const parts = forms.flatMap((form) =>
    counted.map(
      (state) => sql`select ${form}::text as form, ${state}::text as state, count(*)::int as count,
        max(id::text) as newest from (${newestOf(form, state, everything, mostOfForm)}) as counted`,
    ),
  );
  const rows = await db.execute(sql.join(parts, sql` union all `));
  const figures = rowsOf<{ form: string; state: string; count: number; newest: string | null }>(rows);
  return forms.map((form) => {
    const own = figures.filter((row) => row.form === form);
    const of = (state: (typeof counted)[number]) => own.find((row) => row.state === state)?.count ?? 0;
    const newest = own.flatMap((row) => row.newest ?? []).toSorted();
    return {
      form,
      received: of("received"),
      inbox: of("inbox"),
      held: of("held"),
      spam: of("spam"),
      newest: newest.at(-1) ?? null,
    };
  });
}
