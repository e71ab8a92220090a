import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { AppError } from "#/kernel/errors";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { noteColumns } from "../catalogue/form-columns";
import { formsOf } from "../catalogue/forms-registry";
import type { Judged } from "../delivery/channels/channel";
import { enqueueDeliveries } from "../delivery/deliver-submission";
import { planDeliveries } from "../delivery/plan-deliveries";
import { awaitConfirmation } from "../opt-in/await-confirmation";
import { lockUnjudged, setVerdicts } from "../queries";
import { receivedAt } from "../received-at";
import { followMessages } from "../waitlist/follow-messages";
import { screenSubmission, type Verdict } from "./screen-submission";

/** Messages judged in one transaction; more would hold up what visitors send meanwhile. */
const TOGETHER = 128;

/**
 * Judges stored messages and, unless they are spam, plans who is told. Verdicts, deliveries and their jobs are
 * one transaction that locks the rows and passes over those no longer `received`: running twice changes nothing.
 * A job names all messages of one intake batch: claiming and deleting a job each cost more than judging.
 */
export const processSubmission = defineJob({
  name: "forms.process",
  payload: Type.Object({
    submissionIds: Type.Array(Type.String({ pattern: UUID }), { minItems: 1, maxItems: 1024 }),
  }),
  priority: 10,
  // Of few messages each, when few arrive; a burst makes jobs of hundreds.
  together: 32,
  run: (kernel, { submissionIds }) => judge(kernel, submissionIds),
  runMany: (kernel, payloads) =>
    judge(
      kernel,
      payloads.flatMap(({ submissionIds }) => submissionIds),
    ),
});

/** Tests and canaries are ours. */
const unsuspected: Verdict = { state: "inbox", score: 0, reasons: [] };

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
  const judged = await kernel.db.transaction((tx) => judgeAll(kernel, tx, ids));
  const now = kernel.now().getTime();
  for (const { id, form, kind, state } of judged) {
    if (kind !== "real") continue;
    kernel.metrics.counter("forms_submissions_total", { form, state }).add();
    const delay = now - receivedAt(id).getTime();
    kernel.metrics.histogram("forms_judge_delay_seconds", {}).observe(delay / 1000);
  }
}

/** Gives those that were judged now: another run may have been first. */
async function judgeAll(kernel: Kernel, tx: Db, ids: readonly string[]) {
  const forms = formsOf(kernel);
  const unjudged = await lockUnjudged(tx, ids);
  if (unjudged.length === 0) return [];

  const screened = unjudged.map((submission) => ({
    submission,
    ...(submission.kind === "real" ? screenSubmission(submission) : unsuspected),
  }));
  const verdicts = await awaitConfirmation(kernel, tx, screened);
  const judged = verdicts.map(({ submission, ...verdict }) => ({
    id: submission.id,
    form: submission.form,
    kind: submission.kind,
    ...verdict,
  }));
  await setVerdicts(tx, judged, kernel.now());
  for (const submission of unjudged) if (submission.kind === "real") await noteColumns(forms, tx, submission);
  await followMessages(
    kernel,
    tx,
    verdicts.map(({ submission, state }) => ({ ...submission, state })),
  );

  const accepted: Judged[] = [];
  for (const { submission, state } of verdicts) {
    if (state === "spam") continue;
    const form = await forms.at(tx, submission.form, submission.formVersion);
    if (form) accepted.push({ submission: { ...submission, state }, form });
  }
  await enqueueDeliveries(kernel, tx, await planDeliveries(kernel, tx, accepted));
  return judged;
}
