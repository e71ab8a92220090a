import type { Database } from "../db";
import { groupCalls } from "./group-calls";
import type { Count } from "./memory-counters";

/** Milliseconds one statement may take before the memory counts instead. */
const deadline = 500;
/** Milliseconds without another try after a failure, so that not every request waits for a store that is down. */
const pause = 2000;
/** Milliseconds between two sweeps, and how long an expired row stays. */
const sweepEvery = 300_000;
const keptExpired = 3_600_000;

type Change = { key: string; points: number; seconds: number };

export type SharedCounters = {
  add(key: string, seconds: number): Promise<Count>;
  subtract(key: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
  /** Sets the points and begins the window anew. */
  hold(key: string, points: number, seconds: number): Promise<unknown>;
};

/**
 * Counters that several machines share, in the table `gatehouse.rate_limits` (key, points, expire in epoch
 * milliseconds), which is unlogged: a commit there waits for no disk, and a crash forgets the counts. Concurrent calls
 * share a statement: with one each, the three rules of a form cost three times what storing the post did. Every call rejects when the
 * store does not answer in time: its own statement, and before that one under way. Rows that expired an hour ago are
 * deleted every five minutes.
 */
export function sharedCounters({ executeSql }: Pick<Database, "executeSql">): SharedCounters {
  let downUntil = 0;
  let sweptAt = Date.now();

  const query = async (text: string, values: unknown[]) => {
    if (performance.now() < downUntil) throw new Error("The store of the rate limits is down");
    try {
      return (await inTime(executeSql(text, values))).rows;
    } catch (error) {
      downUntil = performance.now() + pause;
      throw error;
    }
  };
  const sweep = async (now: number): Promise<void> => {
    if (now < sweptAt + sweepEvery) return;
    sweptAt = now;
    // What fails now is swept five minutes later.
    await executeSql("delete from gatehouse.rate_limits where expire < $1", [now - keptExpired]).catch(
      () => {},
    );
  };

  const count = groupCalls(async (changes: readonly Change[]): Promise<Count[]> => {
    const now = Date.now();
    void sweep(now);
    const rows = await query(addAll, [toRows(changes, now), now]);
    return share(changes, rows as Window[], now);
  });
  const hold = groupCalls(async (changes: readonly Change[]) => {
    await query(holdAll, [toRows(changes, Date.now(), "last")]);
    return changes;
  });

  return {
    add: (key, seconds) => count({ key, points: 1, seconds }),
    // Never below nothing, nor in a window that has closed: that would let one too many pass.
    subtract: (key) => query(takeBack, [key, Date.now()]),
    remove: (key) => query("delete from gatehouse.rate_limits where key = $1", [key]),
    hold: (key, points, seconds) => hold({ key, points, seconds }),
  };
}

type Window = { key: string; points: number; expire: string };

/** In the order of the keys, or two statements that change the same ones would deadlock. */
const incoming = `insert into gatehouse.rate_limits as held (key, points, expire)
  select key, points, expire from jsonb_to_recordset($1::text::jsonb) as row(key text, points int, expire bigint)
  order by key on conflict (key) do update set`;

/** A window that has closed ($2 is now) begins anew. */
const addAll = `${incoming}
    points = case when held.expire <= $2::bigint then excluded.points else held.points + excluded.points end,
    expire = case when held.expire <= $2::bigint then excluded.expire else held.expire end
  returning key, points, expire::text as expire`;

const takeBack = `update gatehouse.rate_limits set points = points - 1
  where key = $1 and expire > $2::bigint and points > 0`;

const holdAll = `${incoming} points = excluded.points, expire = excluded.expire`;

/** One row a key, as JSON: a statement changes no row twice. Points of a key add up, or the last ones stand. */
function toRows(changes: readonly Change[], now: number, points: "sum" | "last" = "sum"): string {
  const rows = new Map<string, { key: string; points: number; expire: number }>();
  for (const change of changes) {
    const before = points === "sum" ? (rows.get(change.key)?.points ?? 0) : 0;
    const expire = now + Math.ceil(change.seconds * 1000);
    rows.set(change.key, { key: change.key, points: before + change.points, expire });
  }
  return JSON.stringify([...rows.values()]);
}

/** What each call would have met, had they come one after the other: counted back from what they came to together. */
function share(changes: readonly Change[], windows: readonly Window[], now: number): Count[] {
  const byKey = new Map(windows.map((window) => [window.key, { ...window }]));
  const counts = changes.map((): Count => ({ points: 0, msLeft: 0 }));
  for (let i = changes.length - 1; i >= 0; i--) {
    const { key, points } = changes[i] as Change;
    const window = byKey.get(key) as Window;
    counts[i] = { points: window.points, msLeft: Math.max(Number(window.expire) - now, 0) };
    window.points -= points;
  }
  return counts;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("The store of the rate limits is slow")), deadline);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}
