import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { formAt } from "../catalogue/compiled-forms";
import {
  claimDelivery,
  type Delivery,
  findSubmission,
  holdState,
  insertAttempt,
  rememberSteps,
  setDeliveryOutcome,
} from "../queries";
import type { Channel, StoredState } from "../tables";
import { senderOf } from "./channels";
import type { Sent } from "./channels/channel";
import { nextAttempt } from "./delivery-schedule";

const payload = Type.Object({ deliveryId: Type.String({ pattern: UUID }) });

/**
 * Repetitions after a crash, or while the database is away, come on top of the attempts of the schedule. A process that
 * was killed six times in a row used to leave the mail it was at for good: nothing ran for it any more.
 */
const retryLimit = 100;

/**
 * One attempt to tell one destination. At least once: the delivery's id goes out as the key, so a second mail
 * after a crash between sending and recording carries the same Message-ID.
 * A planned retry is a new job, written with the attempt; pg-boss's own retry is for crashes.
 */
export const deliverSubmission = defineJob({
  name: "forms.deliver",
  payload,
  retryLimit,
  concurrency: 4,
  async run(kernel, { deliveryId }): Promise<void> {
    const delivery = await claimDelivery(kernel.db, deliveryId, kernel.now());
    if (!delivery) return;
    const own = ownQueues.get(delivery.channel);
    if (own) await kernel.db.transaction((tx) => kernel.jobs.enqueue(tx, own, [{ deliveryId }]));
    else await attempt(kernel, delivery);
  },
});

/**
 * What does not go by mail is handed on to a queue of its channel: a vendor that hangs holds the slots of that one, and
 * no mail waits behind it. Whoever plans a delivery need not know of them.
 */
const ownQueues = new Map<Channel, typeof deliverSubmission>(
  (["hubspot", "webhook", "slack"] as const).map((channel) => [
    channel,
    defineJob({
      name: `forms.deliver_${channel}`,
      payload,
      retryLimit,
      concurrency: 4,
      async run(kernel, { deliveryId }) {
        const delivery = await claimDelivery(kernel.db, deliveryId, kernel.now());
        if (delivery) await attempt(kernel, delivery);
      },
    }),
  ]),
);

export const deliveryJobs = [deliverSubmission, ...ownQueues.values()];

async function attempt(kernel: Kernel, delivery: Delivery): Promise<void> {
  const startedAt = kernel.now();
  const result = await sendOnce(kernel, delivery);
  await kernel.db.transaction((tx) => record(kernel, tx, { delivery, result, startedAt }));
  const labels = { channel: delivery.channel, outcome: result.kind };
  kernel.metrics.counter("forms_delivery_attempts_total", labels).add();
}

async function sendOnce(kernel: Kernel, delivery: Delivery): Promise<Sent> {
  const submission = await findSubmission(kernel.db, delivery.submissionId);
  const form = submission && formAt(submission.form, submission.formVersion);
  const sender = senderOf(delivery.channel);
  if (!submission || isOff(submission.state, delivery) || !form || !sender)
    return {
      kind: "refused",
      why: { code: "gone", text: "The message or its form is no longer there, or it is spam" },
    };
  const remember = (steps: Readonly<Record<string, string>>) => rememberSteps(kernel.db, delivery.id, steps);
  return sender.send({ kernel, delivery, submission, form, remember });
}

/** Whether nobody is to be told any more of a message in this state. */
const isOff = (state: StoredState, delivery: Delivery): boolean =>
  state === "spam" || (state === "erased" && !outlives(delivery));

const outlives = (delivery: Delivery): boolean => senderOf(delivery.channel)?.outlives?.(delivery) ?? false;

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
  const isOver = fate !== undefined && isOff(fate, delivery);
  const nextAt = isOver ? undefined : planned;
  const state = result.kind === "ok" ? "delivered" : nextAt ? "retrying" : isOver ? "cancelled" : "dead";
  // The other side may have named the visitor in its answer.
  if (fate !== "erased" || outlives(delivery))
    await insertAttempt(tx, delivery.id, { startedAt, finishedAt, result });
  await setDeliveryOutcome(tx, delivery.id, { state, attempts, nextAt, result, at: finishedAt });
  const queue = ownQueues.get(delivery.channel) ?? deliverSubmission;
  if (nextAt) await jobs.enqueue(tx, queue, [{ deliveryId: delivery.id }], { startAfter: nextAt });
  if (state === "dead") {
    log("error", "forms.delivery_dead", { id: delivery.id, channel: delivery.channel, attempts });
  }
}
