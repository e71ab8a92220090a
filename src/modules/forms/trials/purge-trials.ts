import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { idAt } from "../received-at";

/** How long canaries and tests are kept, in milliseconds. */
const keptMs = 7 * 86_400_000;

/** Removes old canaries and tests with their deliveries and attempts, at most 200 of them. */
export async function purgeTrials(db: Db, now: Date): Promise<void> {
  const before = idAt(new Date(now.getTime() - keptMs));
  await db.execute(sql`
    with old as (
      select id from gatehouse.submissions where kind <> 'real' and id < ${before}::uuid order by id limit 200
    ), told as (
      delete from gatehouse.deliveries where submission_id in (select id from old) returning id
    ), tried as (
      delete from gatehouse.delivery_attempts where delivery_id in (select id from told)
    )
    delete from gatehouse.submissions where id in (select id from old)`);
}
