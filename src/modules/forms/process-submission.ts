import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { deliverSubmission } from "./deliver-submission";
import { noteColumns } from "./form-columns";
import { planDeliveries } from "./plan-deliveries";
import { insertDeliveries, lockSubmission, setVerdict } from "./queries";
import { screenSubmission } from "./screen-submission";

/**
 * Judges a stored message and, unless it is spam, plans who is told. Verdict, deliveries and their jobs are
 * one transaction that locks the row and stops unless it is still `received`: running twice changes nothing.
 */
export const processSubmission = defineJob({
  name: "forms.process",
  payload: Type.Object({ submissionId: Type.String({ pattern: UUID }) }),
  priority: 10,
  concurrency: 4,
  run: (kernel, { submissionId }) => kernel.db.transaction((tx) => judge(kernel, tx, submissionId)),
});

async function judge(kernel: Kernel, tx: Db, submissionId: string): Promise<void> {
  const submission = await lockSubmission(tx, submissionId);
  if (submission?.state !== "received") return;

  const verdict = screenSubmission(submission);
  await setVerdict(tx, submissionId, verdict, kernel.now());
  await noteColumns(tx, submission);
  if (verdict.state === "spam") return;

  const planned = await planDeliveries(kernel, tx, submission);
  await insertDeliveries(tx, planned);
  const due = planned.filter(({ state }) => state === "queued").map(({ id }) => ({ deliveryId: id }));
  if (due.length > 0) await kernel.jobs.enqueue(tx, deliverSubmission, due);
}
