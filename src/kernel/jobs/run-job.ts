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

  const lease = Promise.withResolvers<Outcome>();
  const timer = setTimeout(lease.resolve, (job.leaseSeconds ?? 60) * 1000, {
    kind: "failed",
    error: "LeaseExpired",
  } satisfies Outcome);
  const run = attempt(() => job.run(context, payload as Static<Payload>));
  return Promise.race([run, lease.promise]).finally(() => clearTimeout(timer));
}

async function attempt(run: () => Promise<void>): Promise<Outcome> {
  try {
    await run();
    return { kind: "done" };
  } catch (error) {
    return { kind: "failed", error: nameOf(error) };
  }
}
