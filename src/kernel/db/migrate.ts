import type { Log } from "#/kernel/log";
import type { Database, Executor } from "./database";
import { type Applied, compare, hashOf, isBreaking, type MigrationStatus } from "./migration-status";
import { type Migration, migrations } from "./migrations";
import { isLost } from "./postgres-faults";

/** Any number that no other program locks on the same server. */
const lockKey = 4_738_291_650;
const againMilliseconds = 500;

/**
 * Brings the schema up to this release and gives the names of what it applied. Each migration is a transaction, and
 * starters take turns. Throws `StartRefusal` 76, having changed nothing, when the schema holds a breaking migration
 * that this release does not know, or one whose text has changed since.
 */
export function migrate(
  database: Database,
  log: Log,
  known: readonly Migration[] = migrations,
): Promise<string[]> {
  return database.exclusive(async (connection) => {
    if (database.kind === "embedded") return applyPending(connection, log, known);
    await connection.executeSql("set lock_timeout = 0; set statement_timeout = 0");
    await connection.executeSql(`select pg_advisory_lock(${lockKey})`);
    // A change that waits for a long query makes every later query wait for it.
    await connection.executeSql("set lock_timeout = '2s'; set statement_timeout = '60s'");
    return applyPending(connection, log, known);
  });
}

/**
 * Migrates as soon as the server can be reached, trying again every half second; for a start while PostgreSQL is
 * away. `done` rejects as `migrate` does; `stop` gives up, and `done` then never settles.
 */
export function migrateWhenReachable(database: Database, log: Log): { done: Promise<void>; stop(): void } {
  let stopped = false;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const attempt = async () => {
    try {
      await migrate(database, log);
      resolve();
    } catch (error) {
      if (stopped) return;
      if (isLost(error) || isLockTimeout(error)) setTimeout(attempt, againMilliseconds).unref();
      else reject(error);
    }
  };
  void attempt();
  return {
    done,
    stop() {
      stopped = true;
    },
  };
}

/** What is applied, pending, unknown or changed; for `migrate --check` and readiness. Changes nothing. */
export async function migrationStatus(
  connection: Executor,
  known: readonly Migration[] = migrations,
): Promise<MigrationStatus> {
  return compare(await listApplied(connection), known);
}

async function applyPending(connection: Executor, log: Log, known: readonly Migration[]): Promise<string[]> {
  const status = await migrationStatus(connection, known);
  if (status.refusal) throw status.refusal;
  if (status.unknown.length > 0) log("warn", "database.schema_is_newer", { unknown: status.unknown });

  const pending = known.filter(({ name }) => status.pending.includes(name));
  for (const migration of pending) {
    await apply(connection, migration);
    log("info", "database.migrated", { migration: migration.name });
  }
  return status.pending;
}

/** One text and so one message to the server: dying anywhere in it leaves nothing behind. */
async function apply(connection: Executor, migration: Migration): Promise<void> {
  const { name, text } = migration;
  if (!/^\d{4}_\w+$/.test(name)) throw new Error(`Cannot apply ${name}: its name should be NNNN_name`);
  const row = `'${name}', '${hashOf(migration)}', ${isBreaking(migration)}`;
  await connection.executeSql(
    `begin;\n${text}\n;insert into gatehouse.migrations (name, hash, breaking) values (${row});\ncommit`,
  );
}

async function listApplied(connection: Executor): Promise<Applied[]> {
  const { rows: tables } = await connection.executeSql(
    "select to_regclass('gatehouse.migrations') is not null as present",
  );
  if (!tables[0]?.present) return [];
  const { rows } = await connection.executeSql(
    "select name, hash, breaking from gatehouse.migrations order by name",
  );
  return rows as Applied[];
}

const isLockTimeout = (error: unknown) => (error as { code?: string }).code === "55P03";
