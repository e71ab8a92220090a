import type { Log } from "#/kernel/log";
import type { Executor } from "./database";

const everyMilliseconds = 5_000;
const walBytes = 48 * 2 ** 20;
/** A table is vacuumed at autovacuum's own default: 50 rows and 20 % of it dead. */
const worstTable = `
  select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup order by n_dead_tup desc limit 1`;
const walSinceCheckpoint = `
  select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()`;

/**
 * Does what PostgreSQL's background processes do, which single-user mode lacks: without a checkpoint the log grows
 * until the disk is full and a restart replays all of it; without vacuum the queue's tables only grow.
 * Every five seconds at most one checkpoint (past 48 MB of log) or one vacuum, between two transactions.
 */
export function startUpkeep(executor: Executor, log: Log): { stop(): void } {
  let busy = false;
  const tick = async () => {
    if (busy) return;
    busy = true;
    try {
      await keepUp(executor);
    } catch (error) {
      log("warn", "database.upkeep_failed", { error: (error as Error).name });
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(tick, everyMilliseconds);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** One step of it; says what it did. */
export async function keepUp({ executeSql }: Executor): Promise<"checkpoint" | "vacuum" | "nothing"> {
  const { rows: wal } = await executeSql(walSinceCheckpoint);
  if (Number(wal[0]?.bytes) > walBytes) {
    await executeSql("checkpoint");
    return "checkpoint";
  }
  const { rows: tables } = await executeSql(worstTable);
  if (!tables[0]) return "nothing";
  await executeSql(`vacuum (analyze) ${tables[0].name}`);
  return "vacuum";
}
