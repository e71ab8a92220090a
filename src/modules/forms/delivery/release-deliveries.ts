import { and, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { formsOf } from "../catalogue/forms-registry";
import type { Delivery, Submission } from "../queries";
import { type Channel, deliveries } from "../tables";
import { channelSenders } from "./channels";
import { enqueueDeliveries } from "./deliver-submission";
import { planDeliveries } from "./plan-deliveries";
import { startSeries } from "./start-series";

/** Nothing more is sent of these messages, by any of these channels; all unless they are named. */
export async function cancelOpen(
  tx: Db,
  submissionIds: readonly string[],
  only?: readonly Channel[],
): Promise<void> {
  if (submissionIds.length === 0) return;
  await tx
    .update(deliveries)
    .set({ state: "cancelled", waitsFor: null, nextAt: null, updatedAt: sql`now()` })
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
  const withheld = known.filter(({ channel }) => !asking.includes(channel)).map(({ id }) => id);
  await startSeries(kernel, tx, withheld, { from: ["cancelled", "waiting"] });
  const form = await formsOf(kernel).at(tx, submission.form, submission.formVersion);
  if (known.length === 0 && form)
    await enqueueDeliveries(kernel, tx, await planDeliveries(kernel, tx, [{ submission, form }]));
}

/** A message is acceptable and waits for the visitor: who is asked to confirm, unless that has been planned before. */
export async function askToConfirm(kernel: Kernel, tx: Db, before: Submission): Promise<void> {
  const submission = { ...before, state: "pending" as const };
  const form = await formsOf(kernel).at(tx, submission.form, submission.formVersion);
  if (!form) return;
  const known = await lockDeliveries(tx, submission.id);
  const senders = channelSenders.filter(
    ({ channel, tells }) =>
      known.length === 0 || (tells === "pending" && !known.some((one) => one.channel === channel)),
  );
  await enqueueDeliveries(kernel, tx, await planDeliveries(kernel, tx, [{ submission, form }], senders));
}

/** The channels that ask a visitor to confirm. */
const asking: readonly Channel[] = channelSenders
  .filter(({ tells }) => tells === "pending")
  .map(({ channel }) => channel);

const lockDeliveries = (tx: Db, submissionId: string): Promise<Delivery[]> =>
  tx.select().from(deliveries).where(eq(deliveries.submissionId, submissionId)).for("update");
