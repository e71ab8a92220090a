import { Type } from "@sinclair/typebox";
import type { Db } from "#/kernel/db";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { UUID } from "#/kernel/uuid";
import { formAt } from "../catalogue/compiled-forms";
import {
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
import { type Claimed, claimDelivery } from "./claim-delivery";
import { attemptsMs, nextAttempt } from "./delivery-schedule";
import { signOf } from "./lanes";
import { raiseCredentials, raiseDead } from "./raise-failures";
import { noteSign, tendLane } from "./tend-lane";

/**
 * One attempt to tell one destination. At least once: the delivery's id goes out as the key, so a second mail
 * after a crash between sending and recording carries the same Message-ID.
 * A planned retry is a new job, written with the attempt, and of the next turn; pg-boss's own retry is for crashes.
 */
export const deliverSubmission = defineJob({
  name: "forms.deliver",
  payload: Type.Object({
    deliveryId: Type.String({ pattern: UUID }),
    turn: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  concurrency: 4,
  async run(kernel, payload): Promise<void> {
    const claimed = await claimDelivery(kernel.db, payload, kernel.now());
    if (!claimed) return;

    const startedAt = kernel.now();
    const result = await sendOnce(kernel, claimed.delivery);
    await kernel.db.transaction((tx) => record(kernel, tx, { ...claimed, result, startedAt }));
    const labels = { channel: claimed.delivery.channel, outcome: result.kind };
    kernel.metrics.counter("forms_delivery_attempts_total", labels).add();
  },
});

/** Looks after a lane that is closed or drains; `at` says which of its appointments this is. */
export const tendDeliveryLane = defineJob({
  name: "forms.tend_lane",
  payload: Type.Object({ lane: Type.String({ maxLength: 100 }), at: Type.String({ maxLength: 30 }) }),
  priority: 5,
  async run(kernel, { lane, at }): Promise<void> {
    const { alerts, db, jobs, now } = kernel;
    await db.transaction(async (tx) => {
      const { due, next, expired } = await tendLane(tx, { lane, at: new Date(at) }, now());
      if (due.length > 0) await jobs.enqueue(tx, deliverSubmission, due);
      if (next) await planTending(kernel, tx, lane, next);
      for (const delivery of expired) await raiseDead(alerts, tx, delivery);
    });
  },
});

const planTending = ({ jobs }: Pick<Kernel, "jobs">, tx: Db, lane: string, at: Date) =>
  jobs.enqueue(tx, tendDeliveryLane, [{ lane, at: at.toISOString() }], { startAfter: at });

async function sendOnce(kernel: Kernel, delivery: Delivery): Promise<Sent> {
  const submission = await findSubmission(kernel.db, delivery.submissionId);
  const form = submission && formAt(submission.form, submission.formVersion);
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
  const isOver = fate !== undefined && isWithdrawn(fate);
  const nextAt =
    isOver || hasWaitedTooLong(delivery, result, at) ? undefined : nextAttempt(result, attempts, at);
  const state = result.kind === "ok" ? "delivered" : nextAt ? "retrying" : isOver ? "cancelled" : "dead";
  const waitsFor = nextAt && result.kind === "parked" && sign.kind === "closed" ? lane : undefined;
  const turn = nextAt && !waitsFor ? delivery.turn + 1 : delivery.turn;

  // The other side may have named the visitor in its answer.
  if (fate !== "erased") await insertAttempt(tx, id, { startedAt, finishedAt: at, result });
  const outcome = { state, attempts, nextAt, turn, waitsFor, result, at } as const;
  if (!(await setDeliveryOutcome(tx, delivery, outcome))) return;
  if (nextAt && !waitsFor)
    await kernel.jobs.enqueue(tx, deliverSubmission, [{ deliveryId: id, turn }], { startAfter: nextAt });
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
