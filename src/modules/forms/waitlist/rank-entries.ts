import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Kernel } from "#/kernel/kernel";

/** Where an entry stands in the order: by `rank`, then by `seq`. */
type Place = { rank: number; seq: number };
/** `n` entries stand up to this one, itself included. */
type Step = Place & { n: number };

/** Entries between two steps, which is what one call counts. */
const stride = 500;
const staleAfterMs = 60_000;

/** The steps of each database, and when they were counted. */
const ladders = new WeakMap<Db, { steps: readonly Step[]; at: number }>();

/**
 * How many confirmed entries that nobody invited stand before this place; of all places without one. Counted from the
 * nearest of the steps, one every 500 entries, that are found once a minute: so a call counts few rows, and a long list
 * may be told a place that is a minute old.
 */
export async function countAhead({ db, now }: Pick<Kernel, "db" | "now">, place?: Place): Promise<number> {
  const steps = await stepsOf(db, now().getTime());
  const from = place === undefined ? steps.at(-1) : steps.findLast((step) => isBefore(step, place));
  const rows = await db.execute(sql`
    select count(*)::int as count from gatehouse.waitlist_entries
    where state = 'confirmed'
      ${from && sql`and (rank_key, seq) >= (${from.rank}::bigint, ${from.seq}::bigint)`}
      ${place && sql`and (rank_key, seq) < (${place.rank}::bigint, ${place.seq}::bigint)`}`);
  return (from ? from.n - 1 : 0) + (rowsOf<{ count: number }>(rows)[0]?.count ?? 0);
}

const isBefore = (one: Place, other: Place): boolean =>
  one.rank < other.rank || (one.rank === other.rank && one.seq < other.seq);

async function stepsOf(db: Db, now: number): Promise<readonly Step[]> {
  const known = ladders.get(db);
  if (known && Math.abs(now - known.at) < staleAfterMs) return known.steps;
  const rows = await db.execute(sql`
    select rank_key::float8 as rank, seq::float8 as seq, n::int as n from (
      select rank_key, seq, row_number() over (order by rank_key, seq) as n
      from gatehouse.waitlist_entries where state = 'confirmed'
    ) as ranked where n % ${stride}::int = 0 order by n`);
  const steps = rowsOf<Step>(rows);
  ladders.set(db, { steps, at: now });
  return steps;
}
