import { sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";

/**
 * Gives whoever sent these people a credit for each, or takes it back. A credit moves its owner
 * WAITLIST_SPOTS_PER_REFERRAL places ahead.
 */
export async function creditFriends(
  { WAITLIST_SPOTS_PER_REFERRAL: spots }: Pick<Config, "WAITLIST_SPOTS_PER_REFERRAL">,
  tx: Db,
  people: readonly { referredBy: string | null }[],
  by: 1 | -1,
): Promise<void> {
  const change = new Map<string, number>();
  for (const { referredBy: friend } of people)
    if (friend !== null) change.set(friend, (change.get(friend) ?? 0) + by);
  if (change.size === 0) return;
  const rows = [...change].map(([id, more]) => ({ id, more }));
  await tx.execute(sql`
    update gatehouse.waitlist_entries as friend
    set credited = friend.credited + change.more,
      rank_key = friend.seq - ${spots}::int * (friend.credited + change.more)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as change(id uuid, more int)
    where friend.id = change.id`);
}
