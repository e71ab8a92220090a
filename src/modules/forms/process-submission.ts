import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { deliverSubmission } from "./deliver-submission";
import { noteColumns } from "./form-columns";
import { planDeliveries } from "./plan-deliveries";
import { insertDeliveries, lockSubmission, setVerdict } from "./queries";
import { receivedAt } from "./received-at";
import { screenSubmission, type Verdict } from "./screen-submission";

/**
 * Judges a stored message and, unless it is spam, plans who is told. Verdict, deliveries and their jobs are
 * one transaction that locks the row and stops unless it is still `received`: running twice changes nothing.
 */
export const processSubmission = defineJob({
  name: "forms.process",
  payload: Type.Object({ submissionId: Type.String({ pattern: UUID }) }),
  priority: 10,
  concurrency: 4,
  async run(kernel, { submissionId }): Promise<void> {
    const judged = await kernel.db.transaction((tx) => judge(kernel, tx, submissionId));
    if (!judged) return;
    const delay = kernel.now().getTime() - receivedAt(submissionId).getTime();
    kernel.metrics.counter("forms_submissions_total", judged).add();
    kernel.metrics.histogram("forms_judge_delay_seconds", {}).observe(delay / 1000);
  },
});

/** What it was found to be; undefined where another run has said so before. */
async function judge(
  kernel: Kernel,
  tx: Db,
  submissionId: string,
): Promise<{ form: string; state: Verdict["state"] } | undefined> {
  const submission = await lockSubmission(tx, submissionId);
  if (submission?.state !== "received") return;

  const verdict = screenSubmission(submission);
  await setVerdict(tx, submissionId, verdict, kernel.now());
  await noteColumns(tx, submission);
  const judged = { form: submission.form, state: verdict.state };
  if (verdict.state === "spam") return judged;

  const planned = await planDeliveries(kernel, tx, submission);
  await insertDeliveries(tx, planned);
  const due = planned.filter(({ state }) => state === "queued").map(({ id }) => ({ deliveryId: id }));
  if (due.length > 0) await kernel.jobs.enqueue(tx, deliverSubmission, due);
  return judged;
}
