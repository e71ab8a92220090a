import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { formsOf } from "../catalogue/forms-registry";
import {
  claimDelivery,
  type Delivery,
  findSubmission,
  holdState,
  insertAttempt,
  rememberSteps,
  setDeliveryOutcome,
} from "../queries";
import type { StoredState } from "../tables";
import { senderOf } from "./channels";
import type { Sent } from "./channels/channel";
import { nextAttempt } from "./delivery-schedule";

/**
 * One attempt to tell one destination. At least once: the delivery's id goes out as the key, so a second mail
 * after a crash between sending and recording carries the same Message-ID.
 * A planned retry is a new job, written with the attempt; pg-boss's own retry is for crashes.
 */
export const deliverSubmission = defineJob({
  name: "forms.deliver",
  payload: Type.Object({ deliveryId: Type.String({ pattern: UUID }) }),
  concurrency: 4,
  async run(kernel, payload): Promise<void> {
    const delivery = await claimDelivery(kernel.db, payload.deliveryId, kernel.now());
    if (!delivery) return;

    const startedAt = kernel.now();
    const result = await sendOnce(kernel, delivery);
    await kernel.db.transaction((tx) => record(kernel, tx, { delivery, result, startedAt }));
    const labels = { channel: delivery.channel, outcome: result.kind };
    kernel.metrics.counter("forms_delivery_attempts_total", labels).add();
  },
});

async function sendOnce(kernel: Kernel, delivery: Delivery): Promise<Sent> {
  const submission = await findSubmission(kernel.db, delivery.submissionId);
  const form = submission && (await formsOf(kernel).at(kernel.db, submission.form, submission.formVersion));
  const sender = senderOf(delivery.channel);
  if (!submission || isWithdrawn(submission.state) || !form || !sender)
    return {
      kind: "refused",
      why: { code: "gone", text: "The message or its form is no longer there, or it is spam" },
    };
  const remember = (steps: Readonly<Record<string, string>>) => rememberSteps(kernel.db, delivery.id, steps);
  return sender.send({ kernel, delivery, submission, form, remember });
}

const isWithdrawn = (state: StoredState): boolean => state === "spam" || state === "erased";

async function record(
  { jobs, log, now }: Kernel,
  tx: Db,
  { delivery, result, startedAt }: { delivery: Delivery; result: Sent; startedAt: Date },
): Promise<void> {
  const finishedAt = now();
  // Waiting for a vendor's daily limit is not an attempt.
  const attempts = result.kind === "parked" ? delivery.attempts : delivery.attempts + 1;
  const planned = nextAttempt(result, attempts, finishedAt);
  // It may have become spam, or been erased, while it was on its way.
  const fate = await holdState(tx, delivery.submissionId);
  const isOver = fate !== undefined && isWithdrawn(fate);
  const nextAt = isOver ? undefined : planned;
  const state = result.kind === "ok" ? "delivered" : nextAt ? "retrying" : isOver ? "cancelled" : "dead";
  // The other side may have named the visitor in its answer.
  if (fate !== "erased") await insertAttempt(tx, delivery.id, { startedAt, finishedAt, result });
  await setDeliveryOutcome(tx, delivery.id, { state, attempts, nextAt, result, at: finishedAt });
  if (nextAt)
    await jobs.enqueue(tx, deliverSubmission, [{ deliveryId: delivery.id }], { startAfter: nextAt });
  if (state === "dead") {
    log("error", "forms.delivery_dead", { id: delivery.id, channel: delivery.channel, attempts });
  }
}
