import type { Database } from "#/kernel/db";
import { jobsSchema } from "./boss";
import type { DeadLetters, QueueFigures } from "./contract";

/** What pg-boss's own functions do not answer; the only place that names its columns. */
export type Store = ReturnType<typeof openStore>;

const table = `${jobsSchema}.job_common`;

export const openStore = (database: Database) => ({
  /** Those of the queues that hold a job whose moment has come. */
  async listReady(queues: readonly string[]): Promise<string[]> {
    if (queues.length === 0) return [];
    const { rows } = await database.executeSql(
      `select name from unnest($1::text[]) as name where exists (
         select 1 from ${table} j
         where j.name = name.name and j.state < 'active' and not j.blocked and j.start_after <= now())`,
      [queues],
    );
    return rows.map(({ name }) => String(name));
  },

  /** Given up, by kind, most recent first: `failed` has no attempt left, `cancelled` could not be read. */
  async listDeadLetters(): Promise<DeadLetters[]> {
    const { rows } = await database.executeSql(
      `select name as job, count(*)::int as count, max(completed_on) as newest
       from ${table} where state in ('failed', 'cancelled') group by name order by newest desc`,
    );
    return rows.map(({ job, count, newest }) => ({
      job: String(job),
      count: Number(count),
      newest: new Date(newest as string | Date),
    }));
  },

  /**
   * Jobs given up in the last `seconds` that no process reported: each attempt ended with its process.
   * A run that reported carries `{"error": …}` as its output. At most 100.
   */
  async listSilentDeaths(seconds: number): Promise<{ job: string; id: string }[]> {
    const { rows } = await database.executeSql(
      `select name as job, id::text as id from ${table}
       where state = 'failed' and completed_on > now() - $1::int * interval '1 second'
         and (output -> 'error') is null order by completed_on limit 100`,
      [seconds],
    );
    return rows.map(({ job, id }) => ({ job: String(job), id: String(id) }));
  },

  /**
   * Gives back what is claimed, so that it runs at once and not when its lease has lapsed. Only where no other
   * process can be at work: on the embedded database, whose lock proves it. The next claim counts as an attempt.
   */
  freeClaims: () =>
    database.executeSql(
      `update ${table} set state = 'retry', start_after = now()
       where state = 'active' and retry_count < retry_limit`,
    ),

  /**
   * How the queues stand, as pg-boss counted them at its last round (every 10 seconds): counting here would read the
   * whole table. The first waiting job is found by the index that jobs are claimed by.
   */
  async listQueues(names: readonly string[]): Promise<QueueFigures[]> {
    const { rows } = await database.executeSql(
      `select q.name, q.ready_count, q.failed_count, extract(epoch from now() - first.start_after)::float8 as age
       from ${jobsSchema}.queue q left join lateral (
         select start_after from ${table} j
         where j.name = q.name and j.state < 'active' and not j.blocked and j.start_after <= now()
         order by priority desc, created_on limit 1) first on true
       where q.name = any($1::text[])`,
      [names],
    );
    return rows.map(({ name, ready_count, failed_count, age }) => ({
      queue: String(name),
      waiting: Number(ready_count),
      dead: Number(failed_count),
      oldestSeconds: Number(age ?? 0),
    }));
  },

  /** Gives the planner fresh numbers. */
  analyze: () => database.executeSql(`analyze ${table}`),
});
