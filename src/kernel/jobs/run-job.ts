import type { Static, TObject } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { nameOf } from "./boss";
import type { JobOf } from "./contract";

export type Outcome =
  | { kind: "done" }
  /** Repeating may help; `error` is the class of what was thrown, or `LeaseExpired`. */
  | { kind: "failed"; error: string }
  /** The payload does not fit the job's schema: repeating cannot help. */
  | { kind: "unreadable" };

/**
 * Runs one payload and never throws. A run that outlives its lease counts as failed and loses its slot;
 * the promise itself cannot be stopped, which is why every port has a deadline of its own.
 */
export async function runJob<Context, Payload extends TObject>(
  job: JobOf<Context, Payload>,
  context: Context,
  data: unknown,
): Promise<Outcome> {
  const payload = data ?? {};
  if (!Value.Check(job.payload, payload)) return { kind: "unreadable" };
  return withinLease(job, () => job.run(context, payload as Static<Payload>));
}

/** Runs what was claimed together and never throws: as one where the job can and all are readable, else in turn. */
export async function runJobs<Context, Payload extends TObject>(
  job: JobOf<Context, Payload>,
  context: Context,
  data: readonly unknown[],
): Promise<Outcome[]> {
  if (job.runMany && data.length > 1 && data.every((each) => Value.Check(job.payload, each))) {
    const outcome = await withinLease(job, async () => job.runMany?.(context, data as Static<Payload>[]));
    // What outlived its lease may still be at work, so nothing of it is begun again here.
    if (outcome.kind === "done" || outcome === leaseExpired) return data.map(() => outcome);
  }
  const outcomes: Outcome[] = [];
  for (const each of data) outcomes.push(await runJob(job, context, each));
  return outcomes;
}

const leaseExpired: Outcome = { kind: "failed", error: "LeaseExpired" };

async function withinLease(
  { leaseSeconds = 60 }: { leaseSeconds?: number },
  run: () => Promise<void>,
): Promise<Outcome> {
  const lease = Promise.withResolvers<Outcome>();
  const timer = setTimeout(lease.resolve, leaseSeconds * 1000, leaseExpired);
  return Promise.race([attempt(run), lease.promise]).finally(() => clearTimeout(timer));
}

async function attempt(run: () => Promise<void>): Promise<Outcome> {
  try {
    await run();
    return { kind: "done" };
  } catch (error) {
    return { kind: "failed", error: nameOf(error) };
  }
}
