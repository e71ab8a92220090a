import { and, inArray, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { type DeliveryState, deliveries } from "../tables";
import { enqueueDeliveries } from "./deliver-submission";

/**
 * Begins a new series of attempts, in the caller's transaction: no attempt counts yet, and jobs of the series before
 * send nothing, because the turn is another one. Those in no state of `from` are left; of several calls at one time
 * one finds it there. Gives the ids. `afresh`: also the steps that a channel has done already are done again.
 */
export async function startSeries(
  { jobs, now }: Pick<Kernel, "jobs" | "now">,
  tx: Db,
  ids: readonly string[],
  { from, afresh = false }: { from: readonly DeliveryState[]; afresh?: boolean },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const at = now();
  const rows = await tx
    .update(deliveries)
    .set({
      state: "queued",
      attempts: 0,
      restartedAt: at,
      turn: sql`${deliveries.turn} + 1`,
      waitsFor: null,
      nextAt: null,
      updatedAt: at,
      ...(afresh && { steps: {} }),
    })
    .where(and(inArray(deliveries.id, [...ids]), inArray(deliveries.state, [...from])))
    .returning({ deliveryId: deliveries.id, turn: deliveries.turn, channel: deliveries.channel });
  const due = rows.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
  await enqueueDeliveries({ jobs }, tx, due);
  return due.map(({ deliveryId }) => deliveryId);
}
