import type { TObject } from "@sinclair/typebox";
import type { SQL } from "drizzle-orm";
import type { PgBoss } from "pg-boss";
import { type Database, executorOf } from "#/kernel/db";
import { unavailable } from "#/kernel/errors";
import type { Log } from "#/kernel/log";
import { createMetrics, type Metrics } from "#/kernel/metrics";
import { openBoss } from "./boss";
import type { JobOf, JobsOf } from "./contract";
import { type Dispatch, startDispatch } from "./dispatch";
import { type InsertStatement, insertStatement } from "./insert-statement";
import { measureJobs } from "./measure-jobs";
import { ensureQueues, ensureSchedules, warmQueues } from "./queues";
import { openStore } from "./store";
import { startSweep } from "./sweep";

type Options = {
  /** Runs of all kinds at one time in this process; default 64. */
  maxRunning?: number;
  /** Seconds between looks for runs that outlived their lease or whose process died; default 10. */
  superviseSeconds?: number;
  metrics?: Metrics;
};

/** A commit follows its last statement by a few milliseconds; a look that comes too early costs one more. */
const wakeAfterMs = 20;

/** No look at the queues for this long means that the workers hang. */
const deadAfterMs = 15_000;

/**
 * The background work of one process, on pg-boss in the database it is given: no connection of its own.
 * The same on PGlite and PostgreSQL; several processes may share a PostgreSQL.
 */
export function createJobs<Context>(
  database: Database,
  jobs: readonly JobOf<Context>[],
  log: Log,
  { maxRunning = 64, superviseSeconds = 10, metrics = createMetrics() }: Options = {},
): JobsOf<Context> {
  let boss: PgBoss | undefined;
  let inserts: ReadonlyMap<string, InsertStatement> = new Map();
  let working: { dispatch: Dispatch; sweep: { stop(): Promise<void> } } | undefined;
  const store = openStore(database);
  let isUrgent = () => false;
  const enqueued = new Set<string>();
  measureJobs(metrics, store, {
    names: jobs.map(({ name }) => name),
    running: () => working?.dispatch.running() ?? new Map(),
  });

  /** The transaction is the caller's, so its commit cannot be seen from here. */
  const wakeSoon = (name: string) => {
    if (enqueued.size === 0) setTimeout(wake, wakeAfterMs);
    enqueued.add(name);
  };
  const wake = () => {
    working?.dispatch.wake(enqueued);
    enqueued.clear();
  };

  /** Ready to enqueue: tables, queues, and pg-boss with its cache of them. */
  const openQueues = async (superviseSeconds?: number): Promise<PgBoss> => {
    await prepare(database, jobs, log);
    const opened = openBoss(database, database.kind, log, superviseSeconds);
    boss = opened;
    await opened.start();
    await warmQueues(opened, jobs);
    const statements = jobs.map(async ({ name }) => [name, await insertStatement(opened, name)] as const);
    inserts = new Map(await Promise.all(statements));
    return opened;
  };

  return {
    async enqueue<Payload extends TObject>(
      tx: Parameters<JobsOf<Context>["enqueue"]>[0],
      job: JobOf<Context, Payload>,
      payloads: readonly object[],
      { startAfter }: { startAfter?: Date } = {},
    ) {
      if (!boss) throw notStarted();
      if (payloads.length === 0) return;
      // As a wait and not as a moment: the queue goes by the database's clock, which may be another one.
      const seconds = startAfter && Math.max(0, (startAfter.getTime() - Date.now()) / 1000);
      const rows = payloads.map((data) => (seconds ? { data, startAfter: seconds } : { data }));
      await boss.insert(job.name, rows, { db: executorOf(tx) });
      if (!seconds) wakeSoon(job.name);
    },

    insertInto<Payload extends TObject>(job: JobOf<Context, Payload>, payloads: SQL) {
      const insert = inserts.get(job.name);
      if (!insert) throw notStarted();
      return insert(payloads);
    },

    enqueued: ({ name }) => wakeSoon(name),

    migrate: () => prepare(database, jobs, log),

    async open() {
      if (!boss) await openQueues();
    },

    async start(context, onDead = () => {}) {
      const boss = await openQueues(superviseSeconds);
      if (database.kind === "embedded") await store.freeClaims();
      const dispatch = startDispatch(boss, jobs, context, {
        log,
        maxRunning,
        store,
        metrics,
        onDead,
        isUrgent: () => isUrgent(),
      });
      working = { dispatch, sweep: startSweep(store, log, onDead) };
    },

    yieldTo(urgent) {
      isUrgent = urgent;
    },

    async stop(timeoutMs) {
      const left = await working?.dispatch.stop(timeoutMs);
      if (left) log("warn", "jobs.left_running", { count: left });
      await working?.sweep.stop();
      working = undefined;
      await boss?.stop({ graceful: false });
      boss = undefined;
    },

    async check() {
      if (!working) return { ok: false, detail: "not started" };
      const idle = working.dispatch.idleMs();
      return idle < deadAfterMs
        ? { ok: true, detail: "working" }
        : { ok: false, detail: `no look at the queues for ${Math.round(idle / 1000)} s` };
    },

    figures: () => store.listQueues(jobs.map(({ name }) => name)),
    deadLetters: () => store.listDeadLetters(),
  };
}

/** On PostgreSQL the service listens before the jobs are started. */
const notStarted = () => unavailable("Cannot take on work yet, try again shortly");

/** Tables, queues and schedules; the schedules before work begins, so that a run that is due starts at once. */
async function prepare(database: Database, jobs: readonly JobOf<never>[], log: Log): Promise<void> {
  // An upgrade of the tables may take longer than a statement of the pool is given.
  await database.exclusive(async (connection) => {
    const boss = openBoss(connection, database.kind, log);
    await boss.start().catch((error) => {
      // Two instances met on an empty database: the other has made the tables meanwhile.
      if (!raceCodes.has(error?.code)) throw error;
      return boss.start();
    });
    await ensureQueues(boss, jobs);
    await ensureSchedules(boss, jobs);
    await boss.stop({ graceful: false });
  });
}

/** PostgreSQL's codes for "exists already": unique_violation, duplicate_schema, _table, _object. */
const raceCodes = new Set(["23505", "42P06", "42P07", "42710"]);
