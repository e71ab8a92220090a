import { and, eq, inArray } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { type Delivery, insertDeliveries } from "../queries";
import { type Channel, deliveries } from "../tables";
import { senderOf } from "./channels";
import type { Judged } from "./channels/channel";

export type Skipped = { delivery: Delivery; judged: Judged };

/**
 * Where skipped deliveries of one channel go by the configuration of today. A target that is still asked for stays;
 * else the row takes over the first one that has no row yet, and each further one becomes a row, `skipped` like it.
 * Gives the ids of the rows that can be sent; of a delivery without any, nothing.
 */
export async function replanSkipped(
  kernel: Kernel,
  tx: Db,
  channel: Channel,
  skipped: readonly Skipped[],
): Promise<string[]> {
  const judged = new Map(skipped.map(({ judged: one }) => [one.submission.id, one]));
  const planned = (await senderOf(channel)?.plan(kernel, tx, [...judged.values()])) ?? [];
  const taken = await listTargets(tx, channel, [...judged.keys()]);
  const ready: string[] = [];
  for (const { delivery } of skipped) {
    const { id, submissionId } = delivery;
    const today = planned.filter((one) => one.submissionId === submissionId && one.fate === "ready");
    if (today.some(({ target }) => target === delivery.target)) {
      ready.push(id);
      continue;
    }
    const free = today
      .map(({ target }) => target)
      .filter((target) => !taken.has(`${submissionId} ${target}`));
    const [first, ...others] = free;
    if (first === undefined) continue;
    for (const target of free) taken.add(`${submissionId} ${target}`);
    await tx.update(deliveries).set({ target: first }).where(eq(deliveries.id, id));
    const added = others.map((target) => ({
      id: Bun.randomUUIDv7(),
      submissionId,
      channel,
      target,
      state: "skipped" as const,
    }));
    await insertDeliveries(tx, added);
    ready.push(id, ...added.map((one) => one.id));
  }
  return ready;
}

async function listTargets(tx: Db, channel: Channel, submissions: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .select({ submissionId: deliveries.submissionId, target: deliveries.target })
    .from(deliveries)
    .where(and(inArray(deliveries.submissionId, [...submissions]), eq(deliveries.channel, channel)));
  return new Set(rows.map(({ submissionId, target }) => `${submissionId} ${target}`));
}
