import type { JobWithMetadata, PgBoss } from "pg-boss";
import type { Log } from "#/kernel/log";
import type { Metrics } from "#/kernel/metrics";
import { nameOf } from "./boss";
import type { Outcome } from "./run-job";

type Claim = JobWithMetadata<unknown>;

/** Records how the runs of one queue ended. Resolves once it is written, so that the slot is taken until then. */
export type Finish = (claim: Claim, outcome: Outcome) => Promise<void>;

/**
 * Finished jobs are deleted, many in one statement: those that end while a deletion is under way share the next.
 * A claim that was lost meanwhile (its attempt number moved on) is left to whoever holds it now.
 */
export function createFinish(
  boss: PgBoss,
  queue: string,
  { log, metrics, onDead }: { log: Log; metrics: Metrics; onDead: (job: string) => void },
): Finish {
  const ended = (outcome: "done" | "failed" | "dead") =>
    metrics.counter("jobs_runs_total", { queue, outcome });
  const done = ended("done");
  let waiting: Claim[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  const flush = async () => {
    await last;
    // A turn of the event loop, so that runs which end together are deleted together.
    await new Promise(setImmediate);
    const batch = waiting;
    waiting = [];
    next = undefined;
    last = deleteFinished(boss, queue, batch, log);
    await last;
  };

  return async (claim, outcome) => {
    if (outcome.kind !== "done") {
      const dead = isDead(claim, outcome);
      ended(dead ? "dead" : "failed").add();
      await giveBack(boss, queue, claim, outcome, log);
      if (dead) onDead(queue);
      return;
    }
    done.add();
    waiting.push(claim);
    next ??= flush();
    await next;
  };
}

async function deleteFinished(boss: PgBoss, queue: string, claims: Claim[], log: Log): Promise<void> {
  try {
    // Its type is empty in 12.35; the row count is documented.
    const { affected } = (await boss.deleteJob(queue, claims)) as { affected: number };
    if (affected < claims.length)
      log("warn", "jobs.claim_lost", { job: queue, count: claims.length - affected });
  } catch (error) {
    // The claim lapses and the job runs again: at least once.
    log("error", "jobs.finish_failed", { job: queue, count: claims.length, error: nameOf(error) });
  }
}

/** No attempt is left, or none could help. */
const isDead = ({ retryCount, retryLimit }: Claim, { kind }: Outcome) =>
  kind === "unreadable" || retryCount >= retryLimit;

async function giveBack(
  boss: PgBoss,
  queue: string,
  claim: Claim,
  outcome: Exclude<Outcome, { kind: "done" }>,
  log: Log,
): Promise<void> {
  const error = outcome.kind === "failed" ? outcome.error : "UnreadablePayload";
  const dead = isDead(claim, outcome);
  const attempt = claim.retryCount + 1;
  try {
    if (outcome.kind === "unreadable") await boss.cancel(queue, claim);
    else await boss.fail(queue, claim, { error });
    log(dead ? "error" : "warn", dead ? "jobs.dead" : "jobs.failed", {
      job: queue,
      id: claim.id,
      attempt,
      error,
    });
  } catch (cause) {
    log("error", "jobs.finish_failed", { job: queue, id: claim.id, error: nameOf(cause) });
  }
}
