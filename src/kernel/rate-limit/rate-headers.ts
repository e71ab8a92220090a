import type { RateRule } from "./rate-rule";

/** What is left of a rule for one client; times in whole seconds, rounded up. `limit` 0: nothing is counted. */
export type RateVerdict = {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
  retryAfter: number;
  /** The one that went over the limit, of all that are refused until the window closes. */
  isFirst?: true;
};

/** `RateLimit-Policy` and `RateLimit` (IETF draft-ietf-httpapi-ratelimit-headers), and `Retry-After` when refused. */
export function rateHeaders(verdict: RateVerdict, rule: RateRule): Record<string, string> {
  const { allowed, limit, remaining, resetSeconds, retryAfter } = verdict;
  if (limit === 0) return {};
  const headers: Record<string, string> = {
    "RateLimit-Policy": `"${rule.name}";q=${limit};w=${rule.seconds}`,
    RateLimit: `"${rule.name}";r=${remaining};t=${resetSeconds}`,
  };
  if (!allowed) headers["Retry-After"] = String(retryAfter);
  return headers;
}
