import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { everything } from "../inbox/newest-messages";
import type { DueSpan } from "./retention-rules";

/** Messages that are looked at for one answer, over all forms. */
export const mostCounted = 5_000;

/** `what` is the state, or `test` for messages of our own. */
export type Due = { form: string; what: string; count: number };

/**
 * How many messages the next purge would delete, at most 5,000 in all. Each span is a range of the index on form,
 * state and id. One of our own is counted as a test alone.
 */
export async function countDue(db: Db, spans: readonly DueSpan[], probes: string): Promise<Due[]> {
  const rows = await db.execute(sql`
    select form, what, count(*)::int as count from (
      (select form, 'test' as what from gatehouse.submissions
        where kind <> 'real' and id < ${probes}::uuid limit ${mostCounted}::int)
      union all
      (select span.form, case when kind = 'real' then span.state else 'test' end as what
        from jsonb_to_recordset(${JSON.stringify(spans)}::jsonb) as span("form" text, "state" text, "before" uuid)
        cross join lateral (
          select kind, id from gatehouse.submissions as message
          where (message.form, message.state, message.id) >= (span.form, span.state, ${everything.from}::uuid)
            and (message.form, message.state, message.id) < (span.form, span.state, span.before)
          order by message.form, message.state, message.id limit ${mostCounted}::int) as message
        where kind = 'real' or id >= ${probes}::uuid limit ${mostCounted}::int)
      limit ${mostCounted}::int) as due
    group by form, what order by form, what`);
  return rowsOf<Due>(rows);
}
