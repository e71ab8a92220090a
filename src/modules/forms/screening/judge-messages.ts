import type { CaptchaVerdict } from "#/kernel/captcha";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { formAt } from "../catalogue/compiled-forms";
import { noteColumns } from "../catalogue/form-columns";
import { deliverSubmission } from "../delivery/deliver-submission";
import { planDeliveries } from "../delivery/plan-deliveries";
import { awaitConfirmation } from "../opt-in/await-confirmation";
import { lockUnjudged, type Submission, setVerdicts } from "../queries";
import { receivedAt } from "../received-at";
import { followMessages } from "../waitlist/follow-messages";
import { providerOf } from "./ask-captcha";
import { gatherSignals } from "./gather-signals";
import { screenSubmission, type Verdict } from "./screen-submission";

export type JudgedMessage = Verdict & { id: string; form: string };

/**
 * Judges those of the messages that nobody has, and plans who is told, in the caller's transaction. Those whose captcha
 * a provider must be asked about are left as they are and given back as `unasked`, unless `answered` has its verdict.
 */
export async function judgeAll(
  kernel: Kernel,
  tx: Db,
  ids: readonly string[],
  answered: ReadonlyMap<string, CaptchaVerdict> = new Map(),
): Promise<{ judged: JudgedMessage[]; unasked: Submission[] }> {
  const locked = await lockUnjudged(tx, ids);
  const mustAsk = ({ id, intake }: Submission) =>
    !answered.has(id) && intake !== null && providerOf(intake) !== undefined;
  const [unasked, unjudged] = [locked.filter(mustAsk), locked.filter((one) => !mustAsk(one))];
  if (unjudged.length === 0) return { judged: [], unasked };

  const screened = await screenAll(kernel, tx, unjudged, answered);
  const verdicts = await awaitConfirmation(kernel, tx, screened);
  const judged = verdicts.map(({ submission, ...verdict }) => ({
    id: submission.id,
    form: submission.form,
    ...verdict,
  }));
  await setVerdicts(tx, judged, kernel.now());
  for (const submission of unjudged) await noteColumns(tx, submission);
  await followMessages(
    kernel,
    tx,
    verdicts.map(({ submission, state }) => ({ ...submission, state })),
  );

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
  return { judged, unasked };
}

async function screenAll(
  kernel: Kernel,
  tx: Db,
  unjudged: readonly Submission[],
  answered: ReadonlyMap<string, CaptchaVerdict>,
): Promise<(Verdict & { submission: Submission })[]> {
  const messages = unjudged.map((submission) => ({
    submission,
    form: formAt(submission.form, submission.formVersion),
  }));
  const signals = await gatherSignals(kernel, tx, messages, answered);
  return messages.map(({ submission, form }) => ({
    submission,
    ...screenSubmission(signals.get(submission.id) ?? [], form?.thresholds),
  }));
}

/** Counts what was judged, once that is committed. */
export function measureJudged(
  { metrics, now }: Pick<Kernel, "metrics" | "now">,
  judged: readonly JudgedMessage[],
): void {
  const at = now().getTime();
  for (const { id, form, state } of judged) {
    metrics.counter("forms_submissions_total", { form, state }).add();
    metrics.histogram("forms_judge_delay_seconds", {}).observe((at - receivedAt(id).getTime()) / 1000);
  }
}
