import { PgBoss } from "pg-boss";
import type { Database, Executor } from "#/kernel/db";
import { type Log, nameError } from "#/kernel/log";

/** Beside other tables of an existing database, ours and the queue's each have a schema of their own. */
export const jobsSchema = "gatehouse_jobs";

/**
 * pg-boss over our own connections. Without `superviseSeconds` it runs no timers: for `migrate`.
 * It creates and upgrades its schema under an advisory lock, so several instances may start at once, and takes
 * a schema newer than its own as it is: an older release runs on it as long as the columns it names remain.
 */
export function openBoss(
  executor: Executor,
  kind: Database["kind"],
  log: Log,
  superviseSeconds?: number,
): PgBoss {
  const work = superviseSeconds !== undefined;
  const embedded = kind === "embedded";
  const boss = new PgBoss({
    schema: jobsSchema,
    backend: embedded ? "pglite" : "postgres",
    db: { executeSql: (text, values) => executor.executeSql(text, values) },
    supervise: work,
    schedule: work,
    ...(work && {
      superviseIntervalSeconds: superviseSeconds,
      monitorIntervalSeconds: superviseSeconds,
      cronWorkerIntervalSeconds: Math.min(5, superviseSeconds),
    }),
    maintenanceIntervalSeconds: 3600,
    // Chains of dependent jobs, which we do not use.
    flowIntervalSeconds: 3600,
    // The embedded database has no autovacuum to watch; `kernel/db/upkeep.ts` vacuums instead.
    monitorVacuum: !embedded,
    reindex: !embedded,
  });
  boss.on("error", (error) => log("error", "jobs.queue_failed", { error: nameOf(error) }));
  boss.on("warning", ({ data }) => log("warn", "jobs.queue_warning", { reason: typeOf(data) }));
  return boss;
}

/** What may be said of a failure, `PostgresError:23514`: its class and its code. Messages can quote data. */
export function nameOf(failure: unknown): string {
  const { error, errorCode } = nameError(failure);
  return errorCode === undefined ? error : `${error}:${errorCode}`;
}

const typeOf = (data: unknown): string =>
  typeof data === "object" && data !== null && "type" in data ? String(data.type) : "slow_or_large";
