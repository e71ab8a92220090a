import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { formsOf } from "../catalogue/forms-registry";
import {
  type Delivery,
  findSubmission,
  holdState,
  insertAttempt,
  rememberSteps,
  setDeliveryOutcome,
} from "../queries";
import type { Channel, DeliveryState, StoredState } from "../tables";
import { senderOf } from "./channels";
import type { Sent } from "./channels/channel";
import { type Claimed, claimDelivery } from "./claim-delivery";
import { attemptsMs, nextAttempt } from "./delivery-schedule";
import type { Due } from "./due";
import { signOf } from "./lanes";
import { noteRefusedAddress } from "./note-refused-address";
import { raiseCredentials, raiseDead } from "./raise-failures";
import { unwanted } from "./send-visitor-mail";
import { noteSign, tendLane } from "./tend-lane";

const payload = Type.Object({
  deliveryId: Type.String({ pattern: UUID }),
  turn: Type.Optional(Type.Integer({ minimum: 0 })),
});

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
const deliveryQueue = (name: string) =>
  defineJob({
    name,
    payload,
    retryLimit,
    concurrency: 4,
    async run(kernel, due): Promise<void> {
      const claimed = await claimDelivery(kernel.db, due, kernel.now());
      if (claimed) await attempt(kernel, claimed);
    },
  });

/** Deliveries by mail. */
export const deliverSubmission = deliveryQueue("forms.deliver");

/** What does not go by mail has a queue of its own: no mail waits for the slots that a hanging vendor holds. */
const ownQueues = new Map<Channel, typeof deliverSubmission>(
  (["hubspot", "webhook", "slack"] as const).map((channel) => [
    channel,
    deliveryQueue(`forms.deliver_${channel}`),
  ]),
);

export const deliveryJobs = [deliverSubmission, ...ownQueues.values()];

/** Plans attempts with the caller's transaction; at once, or not before `startAfter`. */
export async function enqueueDeliveries(
  { jobs }: Pick<Kernel, "jobs">,
  tx: Db,
  due: readonly Due[],
  options?: { startAfter: Date },
): Promise<void> {
  for (const [queue, those] of Map.groupBy(
    due,
    ({ channel }) => ownQueues.get(channel) ?? deliverSubmission,
  )) {
    const payloads = those.map(({ deliveryId, turn }) => ({
      deliveryId,
      ...(turn !== undefined && { turn }),
    }));
    await jobs.enqueue(tx, queue, payloads, options);
  }
}

/** Looks after a lane that is closed or drains; `at` says which of its appointments this is. */
export const tendDeliveryLane = defineJob({
  name: "forms.tend_lane",
  payload: Type.Object({ lane: Type.String({ maxLength: 100 }), at: Type.String({ maxLength: 30 }) }),
  priority: 5,
  async run(kernel, { lane, at }): Promise<void> {
    const { alerts, db, now } = kernel;
    await db.transaction(async (tx) => {
      const { due, next, expired } = await tendLane(tx, { lane, at: new Date(at) }, now());
      await enqueueDeliveries(kernel, tx, due);
      if (next) await planTending(kernel, tx, lane, next);
      for (const delivery of expired) await raiseDead(alerts, tx, delivery);
    });
  },
});

const planTending = ({ jobs }: Pick<Kernel, "jobs">, tx: Db, lane: string, at: Date) =>
  jobs.enqueue(tx, tendDeliveryLane, [{ lane, at: at.toISOString() }], { startAfter: at });

async function attempt(kernel: Kernel, claimed: Claimed): Promise<void> {
  const startedAt = kernel.now();
  const result = await sendOnce(kernel, claimed.delivery);
  await kernel.db.transaction((tx) => record(kernel, tx, { ...claimed, result, startedAt }));
  const labels = { channel: claimed.delivery.channel, outcome: result.kind };
  kernel.metrics.counter("forms_delivery_attempts_total", labels).add();
}

async function sendOnce(kernel: Kernel, delivery: Delivery): Promise<Sent> {
  const submission = await findSubmission(kernel.db, delivery.submissionId);
  const form = submission && (await formsOf(kernel).at(kernel.db, submission.form, submission.formVersion));
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

/** Where a delivery rests after its last attempt. */
function restOf(result: Sent, isOver: boolean): DeliveryState {
  if (result.kind === "ok") return "delivered";
  if (isOver) return "cancelled";
  return result.kind === "refused" && result.why.code === unwanted ? "suppressed" : "dead";
}

async function record(
  kernel: Kernel,
  tx: Db,
  { delivery, lane, trouble, result, startedAt }: Claimed & { result: Sent; startedAt: Date },
): Promise<void> {
  const { id, channel } = delivery;
  const at = kernel.now();
  const sign = signOf(result, at);
  // Waiting for a vendor's daily limit is not an attempt.
  const attempts = result.kind === "parked" ? delivery.attempts : delivery.attempts + 1;
  // It may have become spam, or been erased, while it was on its way.
  const fate = await holdState(tx, delivery.submissionId);
  const isOver = fate !== undefined && isOff(fate, delivery);
  const isSpent = isOver || hasWaitedTooLong(delivery, result, at);
  const nextAt = isSpent ? undefined : nextAttempt(result, attempts, at);
  const state = nextAt ? "retrying" : restOf(result, isOver);
  const waitsFor = nextAt && result.kind === "parked" && sign.kind === "closed" ? lane : undefined;
  const turn = nextAt && !waitsFor ? delivery.turn + 1 : delivery.turn;

  // The other side may have named the visitor in its answer.
  if (fate !== "erased" || outlives(delivery))
    await insertAttempt(tx, id, { startedAt, finishedAt: at, result });
  const outcome = { state, attempts, nextAt, turn, waitsFor, result, at } as const;
  if (!(await setDeliveryOutcome(tx, delivery, outcome))) return;
  await noteRefusedAddress(tx, kernel, delivery, result);
  if (nextAt && !waitsFor)
    await enqueueDeliveries(kernel, tx, [{ deliveryId: id, turn, channel }], { startAfter: nextAt });
  if (trouble || sign.kind === "away" || sign.kind === "closed") {
    const tendAt = await noteSign(tx, lane, sign, { id, now: at });
    if (tendAt) await planTending(kernel, tx, lane, tendAt);
  }
  if (result.kind === "parked" && result.why.code === "credentials")
    await raiseCredentials(kernel.alerts, tx, channel);
  if (state === "dead") {
    kernel.log("error", "forms.delivery_dead", { id, channel, attempts });
    await raiseDead(kernel.alerts, tx, delivery);
  }
}

/** For the other side to come back; attempts have an end of their own. */
const hasWaitedTooLong = ({ restartedAt, createdAt }: Delivery, result: Sent, at: Date): boolean =>
  result.kind === "parked" && at.getTime() - (restartedAt ?? createdAt).getTime() > attemptsMs;
