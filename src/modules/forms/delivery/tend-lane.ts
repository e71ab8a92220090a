import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Delivery } from "../queries";
import { deliveries } from "../tables";
import type { Due } from "./due";
import { attemptsMs } from "./delivery-schedule";
import { type Lane, nextLane, type Sign } from "./lanes";
import { deliveryLanes } from "./tables";

/** Deliveries that go on at a time: one statement, short enough for the messages that arrive meanwhile. */
const batch = 200;
/** After this a probe that was never heard of counts as lost, in milliseconds. */
const probeMs = 120_000;

type Expired = Pick<Delivery, "channel" | "target">;

/** Keeps what a result says of its lane; gives when the lane is to be looked after, where that changed. */
export async function noteSign(
  tx: Db,
  lane: string,
  sign: Sign,
  { id, now }: { id: string; now: Date },
): Promise<Date | undefined> {
  const stood = await lockLane(tx, lane);
  const next = nextLane(stood, sign, { id, now });
  if (next === undefined) return undefined;
  if (next === null) {
    await tx.delete(deliveryLanes).where(eq(deliveryLanes.lane, lane));
    return undefined;
  }
  const changes = next.state === "closed" || next.state === "draining";
  await tx
    .insert(deliveryLanes)
    .values({ lane, since: now, ...next })
    .onConflictDoUpdate({ target: deliveryLanes.lane, set: next });
  return changes ? (next.until ?? undefined) : undefined;
}

/**
 * A lane whose moment has come: of a closed one the oldest delivery finds out whether the other side is back; of one
 * that drains the oldest go on, in order, until nobody waits. `at` is the moment the lane was to be looked after; one
 * that was given another since is left to its own job.
 */
export async function tendLane(
  tx: Db,
  { lane, at }: { lane: string; at: Date },
  now: Date,
): Promise<{ due: Due[]; next?: Date; expired: Expired[] }> {
  const stood = await lockLane(tx, lane);
  if (stood?.until?.getTime() !== at.getTime()) return { due: [], expired: [] };
  const probes = stood.state !== "draining";
  const expired = probes ? await expire(tx, stood, now) : [];
  const due = await release(tx, lane, probes ? 1 : batch);
  const [first] = due;
  if (!first || (!probes && due.length < batch)) {
    await tx.delete(deliveryLanes).where(eq(deliveryLanes.lane, lane));
    return { due, expired };
  }
  // Never the same moment twice, or a repeated job would do it again.
  const next = new Date(Math.max(now.getTime() + (probes ? probeMs : 0), at.getTime() + 1));
  const state = probes ? ({ state: "probing", probe: first.deliveryId } as const) : {};
  await tx
    .update(deliveryLanes)
    .set({ ...state, until: next })
    .where(eq(deliveryLanes.lane, lane));
  return { due, next, expired };
}

/** Waited as long as attempts would have lasted: they are given up, and can be sent again by hand. */
async function expire(tx: Db, { lane, why }: Lane, now: Date): Promise<Expired[]> {
  const before = new Date(now.getTime() - attemptsMs).toISOString();
  return tx
    .update(deliveries)
    .set({ state: "dead", waitsFor: null, nextAt: null, lastError: why, updatedAt: now })
    .where(
      and(
        eq(deliveries.waitsFor, lane),
        eq(deliveries.state, "retrying"),
        sql`coalesce(${deliveries.restartedAt}, ${deliveries.createdAt}) < ${before}::timestamptz`,
      ),
    )
    .returning({ channel: deliveries.channel, target: deliveries.target });
}

/** The oldest of those that wait, in order. */
async function release(tx: Db, lane: string, most: number): Promise<Due[]> {
  const oldest = await tx
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(eq(deliveries.waitsFor, lane), eq(deliveries.state, "retrying")))
    .orderBy(asc(deliveries.id))
    .limit(most)
    .for("update");
  if (oldest.length === 0) return [];
  const ids = oldest.map(({ id }) => id);
  const rows = await tx
    .update(deliveries)
    .set({ state: "queued", waitsFor: null, nextAt: null, turn: sql`${deliveries.turn} + 1` })
    .where(inArray(deliveries.id, ids))
    .returning({ deliveryId: deliveries.id, turn: deliveries.turn, channel: deliveries.channel });
  return rows.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
}

async function lockLane(tx: Db, lane: string): Promise<Lane | undefined> {
  const [row] = await tx.select().from(deliveryLanes).where(eq(deliveryLanes.lane, lane)).for("update");
  return row;
}
