import type { Database } from "#/kernel/db";
import { jobsSchema } from "./boss";
import type { DeadLetters } from "./contract";

/** Given up: `failed` has no attempt left, `cancelled` could not be read. pg-boss deletes both after 30 days. */
const dead = "state in ('failed', 'cancelled')";

/** By kind, most recent first. */
export async function listDeadLetters(database: Database): Promise<DeadLetters[]> {
  const { rows } = await database.executeSql(
    `select name as job, count(*)::int as count, max(completed_on) as newest
     from ${jobsSchema}.job where ${dead} group by name order by newest desc`,
  );
  return rows.map(({ job, count, newest }) => ({
    job: String(job),
    count: Number(count),
    newest: new Date(newest as string | Date),
  }));
}

/**
 * Those of the last `seconds` that no process reported itself: every attempt ended with its process.
 * A run that reported carries `{"error": …}` as its output.
 */
export async function findUnreportedDeaths(
  database: Database,
  seconds: number,
): Promise<{ job: string; id: string }[]> {
  const { rows } = await database.executeSql(
    `select name as job, id::text as id from ${jobsSchema}.job
     where state = 'failed' and completed_on > now() - $1::int * interval '1 second'
       and (output -> 'error') is null order by completed_on limit 100`,
    [seconds],
  );
  return rows.map(({ job, id }) => ({ job: String(job), id: String(id) }));
}
