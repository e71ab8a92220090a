import { asc, eq, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Delivery } from "../queries";
import { receivedAt } from "../received-at";
import { deliveries } from "../tables";

/** Canaries that are looked through for one that arrived. */
const most = 50;

export type CanaryReport = {
  /** The newest one; null where none was sent in the last days. */
  last: { id: string; sentAt: Date; deliveries: Pick<Delivery, "channel" | "target" | "state">[] } | null;
  /** When the newest one that arrived everywhere had done so; null where none did. */
  arrivedAt: Date | null;
};

/** How the last canaries fared, by the index of what is not real. */
export async function readCanary(db: Db): Promise<CanaryReport> {
  const rows = await db.execute(sql`
    select canary.id::text as id, bool_and(d.state = 'delivered') as arrived,
      extract(epoch from max(d.updated_at))::float8 as at
    from (select id from gatehouse.submissions where kind <> 'real' and kind = 'canary'
      order by id desc limit ${most}::int) as canary
    left join gatehouse.deliveries d on d.submission_id = canary.id
    group by canary.id order by canary.id desc`);
  const canaries = rowsOf<{ id: string; arrived: boolean | null; at: number | null }>(rows);
  const [newest] = canaries;
  const arrived = canaries.find((one) => one.arrived === true && one.at !== null);
  const { channel, target, state } = deliveries;
  const told = newest
    ? await db
        .select({ channel, target, state })
        .from(deliveries)
        .where(eq(deliveries.submissionId, newest.id))
        .orderBy(asc(deliveries.id))
    : [];
  return {
    last: newest ? { id: newest.id, sentAt: receivedAt(newest.id), deliveries: told } : null,
    arrivedAt: arrived ? new Date(Number(arrived.at) * 1000) : null,
  };
}
