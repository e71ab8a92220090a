import type { Alerts } from "./contract";
import { sendAlert } from "./send-alert";

/** A job was given up. Of one that should have sent an alert nothing more is said than the log does. */
export async function raiseDeadJob(alerts: Alerts, job: string): Promise<void> {
  if (job === sendAlert.name) return;
  const text =
    "Each of its runs failed. The log names the kind of error; `gatehouse doctor` counts such jobs.";
  await alerts.raise({ cause: `job_dead:${job}`, title: `A job of the kind ${job} was given up`, text });
}
