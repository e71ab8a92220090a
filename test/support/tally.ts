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
      select name, state, data->>'submissionId' as submission, data->>'deliveryId' as delivery
      from gatehouse_jobs.job_common where name in ('forms.process', 'forms.deliver'))
    select
      (select count(*) from gatehouse.submissions where state = 'received')::int as waiting,
      (select count(*) from gatehouse.submissions s where s.state = 'received' and not exists (
         select from job where job.name = 'forms.process' and job.submission = s.id::text
           and job.state in ('created', 'retry', 'active')))::int as "rowsWithoutJob",
      (select count(*) from gatehouse.deliveries d where d.state in ('queued', 'sending', 'retrying') and not exists (
         select from job where job.name = 'forms.deliver' and job.delivery = d.id::text
           and job.state in ('created', 'retry', 'active')))::int as "deliveriesWithoutJob",
      (select count(*) from job where
         (job.submission is not null and not exists (
            select from gatehouse.submissions s where s.id::text = job.submission))
         or (job.delivery is not null and not exists (
            select from gatehouse.deliveries d where d.id::text = job.delivery)))::int as "jobsWithoutRow"`);
  return rows[0] as {
    waiting: number;
    rowsWithoutJob: number;
    deliveriesWithoutJob: number;
    jobsWithoutRow: number;
  };
}
