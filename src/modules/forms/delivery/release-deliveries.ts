import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { formAt } from "../catalogue/compiled-forms";
import type { Delivery, Submission } from "../queries";
import { type Channel, deliveries, deliveryAttempts } from "../tables";
import { channelSenders } from "./channels";
import { deliverSubmission } from "./deliver-submission";
import { planDeliveries } from "./plan-deliveries";

/** Nothing more is sent of these messages, by any of these channels; all unless they are named. */
export async function cancelOpen(
  tx: Db,
  submissionIds: readonly string[],
  only?: readonly Channel[],
): Promise<void> {
  if (submissionIds.length === 0) return;
  await tx
    .update(deliveries)
    .set({ state: "cancelled", nextAt: null, updatedAt: sql`now()` })
    .where(
      and(
        inArray(deliveries.submissionId, [...submissionIds]),
        inArray(deliveries.state, ["waiting", "queued", "retrying", "skipped", "dead"]),
        only && inArray(deliveries.channel, [...only]),
      ),
    );
}

/**
 * A message has come into the inbox: whoever was withheld, or cancelled, is told now. A destination that was told
 * once is not told again, and nobody is asked to confirm any more.
 */
export async function tellWhoWasNot(kernel: Kernel, tx: Db, before: Submission): Promise<void> {
  const submission = { ...before, state: "inbox" as const };
  await cancelOpen(tx, [submission.id], asking);
  const known = await lockDeliveries(tx, submission.id);
  const due: string[] = [];
  for (const { id, channel, state } of known) {
    if (asking.includes(channel)) continue;
    if (state === "cancelled") due.push(await renewDelivery(tx, id));
    if (state === "waiting") due.push(await release(tx, id));
  }
  const form = formAt(submission.form, submission.formVersion);
  if (known.length === 0 && form) due.push(...(await planDeliveries(kernel, tx, [{ submission, form }])));
  await enqueueDeliveries(kernel, tx, due);
}

/** A message is acceptable and waits for the visitor: who is asked to confirm, unless that has been planned before. */
export async function askToConfirm(kernel: Kernel, tx: Db, before: Submission): Promise<void> {
  const submission = { ...before, state: "pending" as const };
  const form = formAt(submission.form, submission.formVersion);
  if (!form) return;
  const known = await lockDeliveries(tx, submission.id);
  const senders = channelSenders.filter(
    ({ channel, tells }) =>
      known.length === 0 || (tells === "pending" && !known.some((one) => one.channel === channel)),
  );
  await enqueueDeliveries(kernel, tx, await planDeliveries(kernel, tx, [{ submission, form }], senders));
}

/**
 * Begins a new series of attempts. Under a new id: a job that was planned before would send it a second time. Counted
 * as a mail of now where mails are counted.
 */
export async function renewDelivery(tx: Db, before: string): Promise<string> {
  const id = Bun.randomUUIDv7();
  await tx
    .update(deliveries)
    .set({ id, state: "queued", attempts: 0, nextAt: null, createdAt: sql`now()`, updatedAt: sql`now()` })
    .where(eq(deliveries.id, before));
  await tx.update(deliveryAttempts).set({ deliveryId: id }).where(eq(deliveryAttempts.deliveryId, before));
  return id;
}

export async function enqueueDeliveries(
  { jobs }: Pick<Kernel, "jobs">,
  tx: Db,
  due: readonly string[],
): Promise<void> {
  const payloads = due.map((deliveryId) => ({ deliveryId }));
  if (payloads.length > 0) await jobs.enqueue(tx, deliverSubmission, payloads);
}

/** The channels that ask a visitor to confirm. */
const asking: readonly Channel[] = channelSenders
  .filter(({ tells }) => tells === "pending")
  .map(({ channel }) => channel);

const lockDeliveries = (tx: Db, submissionId: string): Promise<Delivery[]> =>
  tx.select().from(deliveries).where(eq(deliveries.submissionId, submissionId)).for("update");

async function release(tx: Db, id: string): Promise<string> {
  await tx.update(deliveries).set({ state: "queued", updatedAt: sql`now()` }).where(eq(deliveries.id, id));
  return id;
}
