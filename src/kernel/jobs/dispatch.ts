import type { JobWithMetadata, PgBoss } from "pg-boss";
import type { Log } from "#/kernel/log";
import type { Metrics } from "#/kernel/metrics";
import { nameOf } from "./boss";
import type { JobOf } from "./contract";
import { createFinish, type Finish } from "./finish";
import { beatSeconds } from "./queues";
import { type Outcome, runJobs } from "./run-job";
import type { Store } from "./store";

/** A full claim slower than this was sorted instead of read from its index: the planner's numbers are stale. */
const slowClaimMs = 10;
const analyzeEveryMs = 30_000;

/** How often idle queues are asked for work, in milliseconds: one question for all. A wake-up comes sooner. */
const pollMs = 500;

/** How often each queue is claimed from while urgent work waits for the database, in milliseconds. */
const yieldMs = 1_000;

/** A queue whose jobs have waited this long, in milliseconds, yields no more: it is claimed from as if nothing were urgent. */
const longestYieldMs = 20_000;

type Queue<Context> = {
  job: JobOf<Context>;
  finish: Finish;
  /** Runs under way; jobs that run as one are one. */
  slots: number;
  lastClaim: number;
  /** How long the oldest of the last claim had waited, in milliseconds. */
  waited: number;
  running: Map<string, Run>;
  /** Something may be waiting: the last claim was full, or somebody said so. */
  due: boolean;
};
type Claim = JobWithMetadata<unknown>;
type Run = { claim: Claim; since: number; ended: Promise<void> };

type Surroundings = {
  log: Log;
  maxRunning: number;
  store: Store;
  metrics: Metrics;
  onDead: (job: string) => void;
  /** Whether work of the requests waits for the database: it goes first. */
  isUrgent: () => boolean;
};

export type Dispatch = {
  /** Looks at these queues at once. */
  wake(names: Iterable<string>): void;
  /** Runs under way, by queue. */
  running(): ReadonlyMap<string, number>;
  /** Milliseconds since every queue was last looked at. */
  idleMs(): number;
  /** Stops claiming and waits; returns how many runs were still under way. */
  stop(timeoutMs: number): Promise<number>;
};

/**
 * Claims as many jobs as there are free slots, highest priority first, and runs them side by side.
 * One loop for all queues: a slow job holds its own slot and nothing else, and a full house (`maxRunning`)
 * gives each freed slot to the most urgent kind.
 */
export function startDispatch<Context>(
  boss: PgBoss,
  jobs: readonly JobOf<Context>[],
  context: Context,
  { log, maxRunning, store, metrics, onDead, isUrgent }: Surroundings,
): Dispatch {
  const queues: Queue<Context>[] = jobs
    .map((job) => ({
      job,
      finish: createFinish(boss, job.name, { log, metrics, onDead }),
      slots: 0,
      lastClaim: Number.NEGATIVE_INFINITY,
      waited: 0,
      running: new Map(),
      due: true,
    }))
    .sort((a, b) => (b.job.priority ?? 0) - (a.job.priority ?? 0));
  const total = () => queues.reduce((sum, { slots }) => sum + slots, 0);
  let stopping = false;
  let lastLook = performance.now();
  let lastAnalyze = Number.NEGATIVE_INFINITY;
  let signal = Promise.withResolvers<void>();

  const begin = (queue: Queue<Context>, claims: readonly Claim[]) => {
    let left = claims.length;
    queue.slots += 1;
    const outcomes = runJobs(
      queue.job,
      context,
      claims.map(({ data }) => data),
    );
    for (const [at, claim] of claims.entries()) {
      const ended = outcomes
        .then((known) => queue.finish(claim, known[at] as Outcome))
        .finally(() => {
          queue.running.delete(claim.id);
          left -= 1;
          if (left === 0) queue.slots -= 1;
          signal.resolve();
        });
      queue.running.set(claim.id, { claim, since: performance.now(), ended });
    }
  };

  const freeSlots = ({ job, slots }: Queue<Context>) =>
    Math.min((job.concurrency ?? 1) - slots, maxRunning - total());
  const leaves = ({ waited }: Queue<Context>) => waited < longestYieldMs && isUrgent();
  const yields = (queue: Queue<Context>) => performance.now() - queue.lastClaim < yieldMs && leaves(queue);
  const canClaim = (queue: Queue<Context>) => queue.due && freeSlots(queue) > 0 && !yields(queue);

  const claim = async (queue: Queue<Context>): Promise<void> => {
    if (!canClaim(queue)) return;
    const { runMany, together = 1 } = queue.job;
    // What is claimed runs to its end, so while something is urgent it is little.
    const wanted = !runMany ? freeSlots(queue) : leaves(queue) ? 1 : together;
    // Before the query: a wake-up that comes while it runs must not be overwritten.
    queue.due = false;
    const started = performance.now();
    queue.lastClaim = started;
    const claims = await boss.fetch<unknown>(queue.job.name, { batchSize: wanted, includeMetadata: true });
    queue.waited = Math.max(0, ...claims.map(waitOf));
    const groups = runMany ? [claims] : claims.map((claim) => [claim]);
    for (const group of groups) if (group.length > 0) begin(queue, group);
    if (claims.length < wanted) return;
    queue.due = true;
    // After a sudden backlog each claim of 32 took 32 ms, until autovacuum would have come by; 1 ms once analyzed.
    const ended = performance.now();
    if (ended - started > slowClaimMs && ended - lastAnalyze > analyzeEveryMs) {
      lastAnalyze = ended;
      await store.analyze();
    }
  };

  const wake = (names: Iterable<string>) => {
    const woken = new Set(names);
    for (const queue of queues) if (woken.has(queue.job.name)) queue.due = true;
  };

  const look = async () => {
    const idle = queues.filter(({ due }) => !due).map(({ job }) => job.name);
    if (performance.now() - lastLook >= pollMs) {
      wake(await store.listReady(idle));
      lastLook = performance.now();
    }
    for (const queue of queues) if (!stopping) await claim(queue);
  };

  const loop = async () => {
    while (!stopping) {
      signal = Promise.withResolvers();
      try {
        await look();
      } catch (error) {
        log("error", "jobs.claim_failed", { error: nameOf(error) });
        await Bun.sleep(pollMs);
      }
      if (!stopping && !queues.some(canClaim)) await waitFor(signal.promise, pollMs);
    }
  };

  const beat = setInterval(() => report(boss, queues, log), beatSeconds * 1000);
  const looping = loop();

  return {
    wake(names) {
      wake(names);
      signal.resolve();
    },
    running: () => new Map(queues.map(({ job, running }) => [job.name, running.size])),
    idleMs: () => performance.now() - lastLook,
    async stop(timeoutMs) {
      stopping = true;
      signal.resolve();
      const idle = looping.then(() =>
        Promise.all(queues.flatMap((q) => [...q.running.values()].map((r) => r.ended))),
      );
      await waitFor(idle, timeoutMs);
      clearInterval(beat);
      return total();
    },
  };
}

/** From when it was due until it was claimed, in milliseconds, by the database's clock. */
const waitOf = ({ startAfter, startedOn }: Claim): number =>
  new Date(startedOn).getTime() - new Date(startAfter).getTime();

/** Tells the queue that these runs are alive. Short ones end before their first report. */
async function report<Context>(boss: PgBoss, queues: readonly Queue<Context>[], log: Log): Promise<void> {
  const before = performance.now() - (beatSeconds * 1000) / 2;
  for (const { job, running } of queues) {
    const claims = [...running.values()].filter(({ since }) => since < before).map((run) => run.claim);
    if (claims.length === 0) continue;
    await boss.touch(job.name, claims).catch((error) => {
      log("warn", "jobs.report_failed", { job: job.name, error: nameOf(error) });
    });
  }
}

/** Waits for the promise, at most `ms`. */
async function waitFor(promise: Promise<unknown>, ms: number): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([promise, timeout.promise]).finally(() => clearTimeout(timer));
}
