import { RateLimiterPostgres } from "rate-limiter-flexible";
import type { Database } from "../db";
import type { Count } from "./memory-counters";

/** Milliseconds a request waits for the store before the memory counts instead. */
const deadline = 500;
/** Milliseconds without another try after a failure, so that not every request waits for a store that is down. */
const pause = 2000;

export type SharedCounters = {
  add(key: string, seconds: number): Promise<Count>;
  subtract(key: string, seconds: number): Promise<unknown>;
  /** Sets the points and begins the window anew. */
  hold(key: string, points: number, seconds: number): Promise<unknown>;
};

/**
 * Counters that several machines share, in the table `gatehouse.rate_limits` (key, points, expire in epoch
 * milliseconds), which is unlogged: a commit there waits for no disk, and a crash forgets the counts. Every call
 * rejects when the store does not answer in time. Rows that expired an hour ago are deleted every five minutes.
 */
export function sharedCounters({ executeSql }: Pick<Database, "executeSql">): SharedCounters {
  let downUntil = 0;
  const query = async ({ text, values }: { text: string; values?: unknown[] }) => {
    if (performance.now() < downUntil) throw new Error("The store of the rate limits is down");
    try {
      const { rows } = await inTime(executeSql(text, values));
      return { rows, rowCount: rows.length };
    } catch (error) {
      downUntil = performance.now() + pause;
      throw error;
    }
  };
  // The rules are judged by the caller, so this one never refuses: `penalty` counts, `reward` gives back.
  const limiter = new RateLimiterPostgres({
    storeClient: { query },
    storeType: "client",
    schemaName: "gatehouse",
    tableName: "rate_limits",
    tableCreated: true,
    keyPrefix: "",
    points: 2 ** 31 - 1,
    duration: 60,
  });

  return {
    async add(key, seconds) {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key, 1, { customDuration: seconds });
      return { points: consumedPoints, msLeft: msBeforeNext };
    },
    subtract: (key, seconds) => limiter.reward(key, 1, { customDuration: seconds }),
    hold: (key, points, seconds) => limiter.set(key, points, seconds),
  };
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
