import type { CaptchaVerdict } from "#/kernel/captcha";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { noteColumns } from "../catalogue/form-columns";
import type { FormDefinition } from "../catalogue/form-definition";
import { type Forms, formsOf } from "../catalogue/forms-registry";
import type { Judged } from "../delivery/channels/channel";
import { enqueueDeliveries } from "../delivery/deliver-submission";
import { planDeliveries } from "../delivery/plan-deliveries";
import { awaitConfirmation } from "../opt-in/await-confirmation";
import { lockUnjudged, type Submission, setVerdicts } from "../queries";
import { receivedAt } from "../received-at";
import { followMessages } from "../waitlist/follow-messages";
import { providerOf } from "./ask-captcha";
import { gatherSignals, type Unjudged } from "./gather-signals";
import { screenSubmission, type Verdict } from "./screen-submission";

export type JudgedMessage = Verdict & Pick<Submission, "id" | "form" | "kind">;

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

  const forms = formsOf(kernel);
  const screened = await screenAll(kernel, tx, await withForms(forms, tx, unjudged), answered);
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

  const accepted = (
    await withForms(
      forms,
      tx,
      verdicts
        .filter(({ state }) => state !== "spam")
        .map(({ submission, state }) => ({ ...submission, state })),
    )
  ).flatMap(({ submission, form }): Judged[] => (form ? [{ submission, form }] : []));
  await enqueueDeliveries(kernel, tx, await planDeliveries(kernel, tx, accepted));
  return { judged, unasked };
}

/** Each with the form it was checked with. */
async function withForms(
  forms: Forms,
  tx: Db,
  messages: readonly Submission[],
): Promise<{ submission: Submission; form: FormDefinition | undefined }[]> {
  const found = [];
  for (const submission of messages)
    found.push({ submission, form: await forms.at(tx, submission.form, submission.formVersion) });
  return found;
}

/** Tests and canaries are ours: nothing speaks against them. */
async function screenAll(
  kernel: Kernel,
  tx: Db,
  messages: readonly Unjudged[],
  answered: ReadonlyMap<string, CaptchaVerdict>,
): Promise<(Verdict & { submission: Submission })[]> {
  const real = messages.filter(({ submission }) => submission.kind === "real");
  const signals = await gatherSignals(kernel, tx, real, answered);
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
  for (const { id, form, kind, state } of judged) {
    if (kind !== "real") continue;
    metrics.counter("forms_submissions_total", { form, state }).add();
    metrics.histogram("forms_judge_delay_seconds", {}).observe((at - receivedAt(id).getTime()) / 1000);
  }
}
