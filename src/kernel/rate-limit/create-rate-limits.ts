import type { Config } from "../config";
import type { Database } from "../db";
import { createMetrics, type Metrics } from "../metrics";
import { type Count, memoryCounters } from "./memory-counters";
import type { RateVerdict } from "./rate-headers";
import type { RateRule } from "./rate-rule";
import { sharedCounters } from "./shared-counters";

/** Counts per rule and client, in bounded memory, or in PostgreSQL where several machines share it. */
export type RateLimits = {
  /** Takes one point. Never throws: a store that is down lets requests through (the memory limit still counts). */
  consume(rule: RateRule, client: string): Promise<RateVerdict>;
  /** Gives a point back, for a retry that turned out to be a twin, or a try that turned out to be no failure. */
  giveBack(rule: RateRule, client: string): Promise<void>;
  /** How often a client went over the rule of late, as far as this process knows: no query is made. */
  violations(rule: RateRule, client: string): number;
  /** Forgets a client: its points, its wait, and how often it went over the rule. */
  reset(rule: RateRule, client: string): Promise<void>;
};

/** Seconds after the end of a wait in which the next violation doubles it. */
const memory = 600;
/** Seconds; no wait grows beyond it (a rule with a longer window waits for its end). */
const longestWait = 3600;

export type RateLimitsNeeds = {
  config: Pick<Config, "RATE_LIMIT">;
  /** Counts are shared through it when it is a PostgreSQL server. */
  database?: Pick<Database, "kind" | "executeSql">;
  now: () => Date;
  metrics?: Metrics;
  /** Told when the store fails; memory counts meanwhile. */
  onStoreFailure?: (error: unknown) => void;
};

const ignore = async () => {};
const uncounted: RateVerdict = { allowed: true, limit: 0, remaining: 0, resetSeconds: 0, retryAfter: 0 };

/**
 * Exact within one process or one database: `points` pass in a window that opens with the first, the next is refused
 * until it closes. Going over a rule again, before ten minutes have passed since the last wait ended, makes the wait
 * longer: twice the window, four times, up to an hour. Requests during a wait do not prolong it, and cost no query.
 */
export function createRateLimits(needs: RateLimitsNeeds): RateLimits {
  const { config, database, now, metrics = createMetrics() } = needs;
  if (config.RATE_LIMIT === "off")
    return { consume: async () => uncounted, giveBack: ignore, violations: () => 0, reset: ignore };
  const local = memoryCounters(now);
  const shared = database?.kind === "postgres" ? sharedCounters(database) : undefined;

  const storeFailures = metrics.counter("rate_limit_store_failures_total", {});
  const onStoreFailure = (error: unknown) => {
    storeFailures.add();
    needs.onStoreFailure?.(error);
  };

  /** The shared store first; the counters of this process when it fails, and always for what it decided. */
  const either = async <T, U>(remote: (() => Promise<T>) | undefined, own: () => U): Promise<T | U> => {
    if (!remote) return own();
    try {
      return await remote();
    } catch (error) {
      onStoreFailure(error);
      return own();
    }
  };
  const add = (key: string, seconds: number): Promise<Count> =>
    either(shared && (() => shared.add(key, seconds)), () => local.add(key, seconds));
  const hold = async (key: string, points: number, seconds: number): Promise<void> => {
    if (shared) await shared.hold(key, points, seconds).catch(onStoreFailure);
    local.hold(key, points, seconds);
  };

  /** The wait after one point too many, in milliseconds. */
  const punish = async (key: string, rule: RateRule, client: string, msLeft: number): Promise<number> => {
    const strikes = strikesOf(rule, client);
    const { points: violations } = await add(strikes, memory);
    const doubled = Math.min(rule.seconds * 2 ** (violations - 1), longestWait) * 1000;
    const wait = violations === 1 ? msLeft : Math.max(msLeft, doubled);
    await hold(strikes, violations, Math.ceil(wait / 1000) + memory);
    if (wait > msLeft) await hold(key, rule.points + 1, wait / 1000);
    return wait;
  };

  const take = async (rule: RateRule, client: string): Promise<RateVerdict> => {
    const key = `${rule.name}:${client}`;
    const known = shared && local.peek(key);
    if (known && known.points > rule.points) return judge(rule, known);

    const count = await add(key, rule.seconds);
    if (count.points <= rule.points) return judge(rule, count);
    const isFirst = count.points === rule.points + 1;
    if (isFirst && rule.doubling !== false) {
      count.msLeft = await punish(key, rule, client, count.msLeft);
    }
    if (shared) local.hold(key, rule.points + 1, count.msLeft / 1000);
    return { ...judge(rule, count), ...(isFirst && { isFirst }) };
  };

  return {
    async consume(rule, client) {
      if (rule.points === 0) return uncounted;
      const verdict = await take(rule, client);
      if (!verdict.allowed) metrics.counter("rate_limit_refusals_total", { rule: rule.name }).add();
      return verdict;
    },
    async giveBack(rule, client) {
      if (rule.points === 0) return;
      const key = `${rule.name}:${client}`;
      await either(shared && (() => shared.subtract(key)), () => local.subtract(key));
      // What was decided while the point was out no longer holds.
      if (shared) local.remove(key);
    },
    violations: (rule, client) => local.peek(strikesOf(rule, client))?.points ?? 0,
    async reset(rule, client) {
      for (const key of [`${rule.name}:${client}`, strikesOf(rule, client)]) {
        if (shared) await shared.remove(key).catch(onStoreFailure);
        local.remove(key);
      }
    },
  };
}

const strikesOf = (rule: RateRule, client: string) => `${rule.name}!:${client}`;

function judge({ points }: RateRule, count: Count): RateVerdict {
  const seconds = Math.ceil(count.msLeft / 1000);
  const allowed = count.points <= points;
  return {
    allowed,
    limit: points,
    remaining: Math.max(points - count.points, 0),
    resetSeconds: seconds,
    retryAfter: allowed ? 0 : seconds,
  };
}
