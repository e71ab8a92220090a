import { Type } from "@sinclair/typebox";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { canaryForm } from "../catalogue/canary-form";
import { checkCanary } from "./check-canary";
import { readCanary } from "./read-canary";
import { stageSubmission } from "./stage-submission";

/** How long a canary has to arrive, in milliseconds. */
const arrivesWithinMs = 600_000;
/** It is looked every ten minutes, so one that is due in five goes now. */
const earlyMs = 300_000;

const note =
  "The service sends this message to itself, to find out whether messages arrive. Nothing is to be done.";

/**
 * Sends a test message every FORMS_CANARY through every way by which the team hears of messages, and has it looked
 * for. Nothing where it is off, or where nobody is told of messages at all, which `doctor` says.
 */
export const sendCanary = defineJob({
  name: "forms.canary",
  payload: Type.Object({}),
  schedule: "*/10 * * * *",
  async run(kernel): Promise<void> {
    const { config, db, jobs, now } = kernel;
    if (config.FORMS_CANARY === 0 || !tellsSomebody(kernel)) return;
    const { last } = await readCanary(db);
    const dueAt = (last?.sentAt.getTime() ?? 0) + config.FORMS_CANARY * 1000 - earlyMs;
    if (now().getTime() < dueAt) return;

    await db.transaction(async (tx) => {
      const canary = { kind: "canary", form: canaryForm.slug, fields: { note }, language: "en" } as const;
      const submissionId = await stageSubmission(kernel, tx, canary);
      const startAfter = new Date(now().getTime() + arrivesWithinMs);
      await jobs.enqueue(tx, checkCanary, [{ submissionId }], { startAfter });
    });
    await probeCrm(kernel);
  },
});

const tellsSomebody = ({ chat, config, mail }: Kernel): boolean =>
  (mail.available && config.NOTIFY_EMAIL.length > 0) || chat.available;

/** No canary goes there: it would stay as a contact. */
async function probeCrm({ alerts, crm }: Kernel): Promise<void> {
  if (!crm.available) return;
  const result = await crm.probe();
  if (result.kind === "ok") return;
  const title = `${crm.name} cannot be reached`;
  await alerts.raise({ cause: "canary:crm", title, text: `The daily check answers: ${result.why.code}.` });
}
