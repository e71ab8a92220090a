import { Type } from "@sinclair/typebox";
import { AppError } from "#/kernel/errors";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { judgeAll, measureJudged } from "./judge-messages";
import { handOver } from "./process-captcha";

/** Messages judged in one transaction; more would hold up what visitors send meanwhile. */
const TOGETHER = 128;

/**
 * Judges stored messages and, unless they are spam, plans who is told. Verdicts, deliveries and their jobs are
 * one transaction that locks the rows and passes over those no longer `received`: running twice changes nothing.
 * A job names all messages of one intake batch: claiming and deleting a job each cost more than judging.
 * No vendor is called here: a message whose captcha needs one goes on to `processCaptcha`.
 */
export const processSubmission = defineJob({
  name: "forms.process",
  payload: Type.Object({
    submissionIds: Type.Array(Type.String({ pattern: UUID }), { minItems: 1, maxItems: 1024 }),
  }),
  priority: 10,
  // For crashes that come in a row; a message that nobody judges is a message lost.
  retryLimit: 100,
  // Of few messages each, when few arrive; a burst makes jobs of hundreds.
  together: 32,
  run: (kernel, { submissionIds }) => judge(kernel, submissionIds),
  runMany: (kernel, payloads) =>
    judge(
      kernel,
      payloads.flatMap(({ submissionIds }) => submissionIds),
    ),
});

async function judge(kernel: Kernel, ids: readonly string[]): Promise<void> {
  const faults: unknown[] = [];
  for (let from = 0; from < ids.length; from += TOGETHER) {
    faults.push(...(await judgeApart(kernel, ids.slice(from, from + TOGETHER))));
  }
  // The job runs again; those that were judged are passed over then.
  if (faults.length > 0) throw faults[0];
}

/** One message that cannot be judged must not hold back the others: halves until it is alone. */
async function judgeApart(kernel: Kernel, ids: readonly string[]): Promise<unknown[]> {
  try {
    await judgeTogether(kernel, ids);
    return [];
  } catch (error) {
    // A database that is away is nobody's fault.
    if (error instanceof AppError) throw error;
    if (ids.length === 1) return [error];
    const middle = ids.length >> 1;
    const first = await judgeApart(kernel, ids.slice(0, middle));
    return [...first, ...(await judgeApart(kernel, ids.slice(middle)))];
  }
}

async function judgeTogether(kernel: Kernel, ids: readonly string[]): Promise<void> {
  const judged = await kernel.db.transaction(async (tx) => {
    const { judged, unasked } = await judgeAll(kernel, tx, ids);
    await handOver(kernel, tx, unasked);
    return judged;
  });
  measureJudged(kernel, judged);
}
