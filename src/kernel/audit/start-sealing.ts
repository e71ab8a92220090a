import type { Db } from "../db";
import { within } from "../db/within";
import { type Log, nameError } from "../log";
import { sealEvents } from "./seal-events";

const everyMilliseconds = 10_000;
/** At a stop, so that a database which does not answer cannot use up the time of everything else. */
const lastMilliseconds = 1_000;

/**
 * Seals the audit every ten seconds, in every process: one at a time does it, whoever comes first. A timer, because
 * schedules of jobs count in minutes. `stop` seals once more; call it after the last event.
 */
export function startSealing(db: Db, log: Log): { stop(): Promise<void> } {
  let sealing: Promise<unknown> | undefined;
  const seal = () => {
    sealing ??= sealEvents(db)
      .catch((error) => log("warn", "audit.seal_failed", nameError(error)))
      .finally(() => {
        sealing = undefined;
      });
    return sealing;
  };
  const timer = setInterval(seal, everyMilliseconds);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      // What is being sealed may have been read before the last event.
      const last = (async () => [await sealing, await seal()])();
      await within(lastMilliseconds, last).catch(() => log("warn", "audit.seal_late"));
    },
  };
}
