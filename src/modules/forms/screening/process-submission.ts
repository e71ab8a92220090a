import { Type } from "@sinclair/typebox";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { judgeAll, measureJudged } from "./judge-messages";
import { handOver } from "./process-captcha";

/**
 * Judges stored messages and, unless they are spam, plans who is told. Verdicts, deliveries and their jobs are
 * one transaction that locks the rows and passes over those no longer `received`: running twice changes nothing.
 * No vendor is called here: a message whose captcha needs one goes on to `processCaptcha`.
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
  const judged = await kernel.db.transaction(async (tx) => {
    const { judged, unasked } = await judgeAll(kernel, tx, ids);
    await handOver(kernel, tx, unasked);
    return judged;
  });
  measureJudged(kernel, judged);
}
