import type { Database } from "#/kernel/db";
import type { Sent } from "./senders";

type Row = { id: string; text: string };

/** What became of the messages: all numbers but the first two should be 0. */
export type Tally = {
  acknowledged: number;
  rows: number;
  /** Acknowledged, and there is no row of that id with that text. */
  missing: number;
  /** Rows beyond the first of one message. */
  doubled: number;
  /** Rows that nobody sent. */
  foreign: number;
};

/** Compares what clients were told with what is in the table. */
export async function tally({ executeSql }: Database, sent: readonly Sent[]): Promise<Tally> {
  const { rows } = await executeSql(
    "select id::text as id, fields->>'message' as text from gatehouse.submissions",
  );
  const stored = rows as Row[];
  const texts = new Map(stored.map(({ id, text }) => [id, text]));
  const known = new Set(sent.map(({ text }) => text));
  const acknowledged = sent.filter(({ id }) => id !== undefined);
  return {
    acknowledged: acknowledged.length,
    rows: stored.length,
    missing: acknowledged.filter(({ id, text }) => texts.get(id as string) !== text).length,
    doubled: stored.length - new Set(stored.map(({ text }) => text)).size,
    foreign: stored.filter(({ text }) => !known.has(text)).length,
  };
}

/**
 * Rows that wait to be judged, those among them whose job does not exist or has ended, and jobs of rows that do not
 * exist. The same for planned deliveries.
 */
export async function countOrphans({ executeSql }: Database) {
  const { rows } = await executeSql(`
    with job as (
      select name, state, submission, data->>'deliveryId' as delivery
      from gatehouse_jobs.job_common
        left join lateral jsonb_array_elements_text(data->'submissionIds') as named(submission) on true
      where name = 'forms.process' or name like 'forms.deliver%')
    -- Set differences, not "not exists": without statistics the planner compares every row with every job.
    select
      (select count(*) from gatehouse.submissions where state = 'received')::int as waiting,
      (select count(*) from (
         select id::text from gatehouse.submissions where state = 'received'
         except select submission from job
           where name = 'forms.process' and state in ('created', 'retry', 'active')) lost)::int as "rowsWithoutJob",
      (select count(*) from (
         select id::text from gatehouse.deliveries where state in ('queued', 'sending', 'retrying')
         except select delivery from job
           where name like 'forms.deliver%' and state in ('created', 'retry', 'active')) lost)::int as "deliveriesWithoutJob",
      (select count(*) from (
         (select submission from job where submission is not null except select id::text from gatehouse.submissions)
         union all
         (select delivery from job where delivery is not null except select id::text from gatehouse.deliveries)
       ) stray)::int as "jobsWithoutRow"`);
  return rows[0] as {
    waiting: number;
    rowsWithoutJob: number;
    deliveriesWithoutJob: number;
    jobsWithoutRow: number;
  };
}
