/** `points` in `seconds`, e.g. `10/60s`. A rule with `points` 0 is off. */
export type RateRule = { name: string; points: number; seconds: number };

/** What is left of a rule for one client; times in whole seconds, rounded up. */
export type RateVerdict = {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
  retryAfter: number;
};

/** Counts per rule and client, in bounded memory, or in PostgreSQL where several machines share it. */
export type RateLimits = {
  /** Takes one point. Never throws: a store that is down lets requests through (the memory limit still counts). */
  consume(rule: RateRule, client: string): Promise<RateVerdict>;
  /** Gives a point back, for a retry that turned out to be a twin. */
  giveBack(rule: RateRule, client: string): Promise<void>;
};
