import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { type WaitlistState, waitlistEntries } from "./tables";

export type ListedEntry = typeof waitlistEntries.$inferSelect;

/** Those of one state in their order, at most `limit`, read on after the place `after`. Along one index. */
export function listEntries(
  db: Db,
  { state, limit, after }: { state: WaitlistState; limit: number; after?: string },
): Promise<ListedEntry[]> {
  const [rank, seq] = after?.split(" ") ?? [];
  const { rankKey, seq: number } = waitlistEntries;
  return db
    .select()
    .from(waitlistEntries)
    .where(
      and(
        eq(waitlistEntries.state, state),
        after === undefined ? undefined : sql`(${rankKey}, ${number}) > (${rank}::bigint, ${seq}::bigint)`,
      ),
    )
    .orderBy(asc(rankKey), asc(number))
    .limit(limit);
}

/** Where an entry stands, for `after`. */
export const placeOf = ({ rankKey, seq }: Pick<ListedEntry, "rankKey" | "seq">): string =>
  `${rankKey} ${seq}`;
