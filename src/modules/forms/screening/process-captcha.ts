import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import type { Submission } from "../queries";
import { askCaptcha } from "./ask-captcha";
import { judgeAll, measureJudged } from "./judge-messages";

/**
 * Judges one message whose captcha a provider must be asked about. In a queue of its own and many at a time: a provider
 * that takes its five seconds holds up the messages that need it, and no other.
 */
export const processCaptcha = defineJob({
  name: "forms.process_captcha",
  payload: Type.Object({ submissionId: Type.String({ pattern: UUID }) }),
  priority: 10,
  // Twice the calls that go to one provider at a time: more would wait there until they are told that it is busy.
  concurrency: 16,
  // An answer lives two minutes at the provider.
  retryDelaySeconds: 1,
  retryLimit: 100,
  async run(kernel, { submissionId }): Promise<void> {
    const verdict = await askCaptcha(kernel, submissionId);
    if (!verdict) return;
    const { judged } = await kernel.db.transaction((tx) =>
      judgeAll(kernel, tx, [submissionId], new Map([[submissionId, verdict]])),
    );
    measureJudged(kernel, judged);
  },
});

/**
 * Gives messages to that queue, once each: a second question about the same answer would be told that it was used
 * before, and would blame the visitor for it.
 */
export async function handOver(
  { jobs }: Pick<Kernel, "jobs">,
  tx: Db,
  messages: readonly Submission[],
): Promise<void> {
  const ids = messages.filter(({ intake }) => !intake?.captcha?.handedOver).map(({ id }) => id);
  if (ids.length === 0) return;
  await tx.execute(sql`
    update gatehouse.submissions set intake = jsonb_set(intake, '{captcha,handedOver}', 'true')
    where id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`);
  await jobs.enqueue(
    tx,
    processCaptcha,
    ids.map((submissionId) => ({ submissionId })),
  );
}
