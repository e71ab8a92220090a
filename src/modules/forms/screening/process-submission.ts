import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { formAt } from "../catalogue/compiled-forms";
import { noteColumns } from "../catalogue/form-columns";
import { deliverSubmission } from "../delivery/deliver-submission";
import { planDeliveries } from "../delivery/plan-deliveries";
import { lockUnjudged, setVerdicts } from "../queries";
import { receivedAt } from "../received-at";
import { learnedReasons } from "./learned-reasons";
import { screenSubmission } from "./screen-submission";

/**
 * Judges stored messages and, unless they are spam, plans who is told. Verdicts, deliveries and their jobs are
 * one transaction that locks the rows and passes over those no longer `received`: running twice changes nothing.
 */
export const processSubmission = defineJob({
  name: "forms.process",
  payload: Type.Object({ submissionId: Type.String({ pattern: UUID }) }),
  priority: 10,
  // Statements are paid for once a batch; a larger one would hold up what visitors send meanwhile.
  together: 128,
  run: (kernel, payload) => judge(kernel, [payload]),
  runMany: judge,
});

async function judge(kernel: Kernel, payloads: readonly { submissionId: string }[]): Promise<void> {
  const ids = payloads.map(({ submissionId }) => submissionId);
  const judged = await kernel.db.transaction((tx) => judgeAll(kernel, tx, ids));
  const now = kernel.now().getTime();
  for (const { id, form, state } of judged) {
    kernel.metrics.counter("forms_submissions_total", { form, state }).add();
    const delay = now - receivedAt(id).getTime();
    kernel.metrics.histogram("forms_judge_delay_seconds", {}).observe(delay / 1000);
  }
}

/** Gives those that were judged now: another run may have been first. */
async function judgeAll(kernel: Kernel, tx: Db, ids: readonly string[]) {
  const unjudged = await lockUnjudged(tx, ids);
  if (unjudged.length === 0) return [];

  const learned = await learnedReasons(kernel, tx, unjudged);
  const verdicts = unjudged.map((submission) => ({
    submission,
    ...screenSubmission(submission, learned.get(submission.id)),
  }));
  const judged = verdicts.map(({ submission, ...verdict }) => ({
    id: submission.id,
    form: submission.form,
    ...verdict,
  }));
  await setVerdicts(tx, judged, kernel.now());
  for (const submission of unjudged) await noteColumns(tx, submission);

  const accepted = verdicts.flatMap(({ submission, state }) => {
    const form = state === "spam" ? undefined : formAt(submission.form, submission.formVersion);
    return form ? [{ submission: { ...submission, state }, form }] : [];
  });
  const due = await planDeliveries(kernel, tx, accepted);
  if (due.length > 0)
    await kernel.jobs.enqueue(
      tx,
      deliverSubmission,
      due.map((deliveryId) => ({ deliveryId })),
    );
  return judged;
}
