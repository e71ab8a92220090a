import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { type Delivery, findDelivery } from "../queries";
import { deliveries } from "../tables";
import { laneOf } from "./lanes";
import { deliveryLanes } from "./tables";

/** `trouble`: its lane has a row, which a good answer may change. */
export type Claimed = { delivery: Delivery; lane: string; trouble: boolean };

/**
 * Takes a delivery for one attempt; undefined when there is nothing to do: it is at rest, the job is of an earlier turn,
 * or its lane is closed, and it waits in line from now on. `sending` may be taken again: pg-boss runs a job a second
 * time only after the first run died, and no other job has this turn.
 *
 * The lane is held while the delivery joins the line, or one that opens at this moment would leave it behind. While the
 * line drains, what was never tried (turn 0) stands at its end.
 */
export async function claimDelivery(
  db: Db,
  { deliveryId, turn = 0 }: { deliveryId: string; turn?: number },
  at: Date,
): Promise<Claimed | undefined> {
  const rows = await db.execute(sql`
    with held as (
      select id, ${laneOf(sql`channel`, sql`target`)} as lane from ${deliveries}
      where id = ${deliveryId}::uuid and turn = ${turn}::int and state in ('queued', 'retrying', 'sending')
      for update
    ), found as (
      select lanes.state, lanes.until, lanes.probe from ${deliveryLanes} as lanes
      join held on held.lane = lanes.lane
      for share of lanes
    ), closed as (
      select true as shut, until from found, held
      where state = 'closed' or (state = 'probing' and probe is distinct from held.id)
        or (state = 'draining' and ${turn}::int = 0)
    )
    update ${deliveries} as taken
    set state = case when closed.shut is null then 'sending' else 'retrying' end,
      waits_for = case when closed.shut is null then null else held.lane end,
      next_at = case when closed.shut is null then taken.next_at else closed.until end,
      updated_at = ${at.toISOString()}::timestamptz
    from held left join closed on true
    where taken.id = held.id
    returning taken.state, held.lane, exists (select from found) as trouble`);
  const [row] = rowsOf<{ state: string; lane: string; trouble: boolean }>(rows);
  if (row?.state !== "sending") return undefined;
  const delivery = await findDelivery(db, deliveryId);
  return delivery && { delivery, lane: row.lane, trouble: row.trouble };
}
