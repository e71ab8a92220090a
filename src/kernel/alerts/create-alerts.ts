import type { Db } from "../db";
import type { Kernel } from "../kernel";
import { nameError } from "../log";
import type { Alert, Alerts } from "./contract";
import { countAlert } from "./count-alert";
import { sendAlert } from "./send-alert";

type Needs = Pick<Kernel, "db" | "jobs" | "log">;

/** A line in the log for each; once an hour and cause a job that tells the team, however many instances raise it. */
export const createAlerts = ({ db, jobs, log }: Needs): Alerts => ({
  async raise(alert, tx) {
    log("error", "alert.raised", { code: alert.cause });
    // A failure inside the caller's transaction has spoiled it already, so it is the caller's.
    if (tx) return note({ jobs }, tx, alert);
    await db
      .transaction((own) => note({ jobs }, own, alert))
      .catch((error) => log("warn", "alert.not_stored", { code: alert.cause, ...nameError(error) }));
  },
});

async function note({ jobs }: Pick<Needs, "jobs">, tx: Db, alert: Alert): Promise<void> {
  const dueAt = await countAlert(tx, alert);
  if (dueAt) await jobs.enqueue(tx, sendAlert, [{ cause: alert.cause }], { startAfter: dueAt });
}
