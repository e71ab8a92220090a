import { AppError } from "../errors";
import { type RateVerdict, rateHeaders } from "./rate-headers";
import type { RateRule } from "./rate-rule";

/** 429 `rate_limited` for whoever was refused by a rule, with its headers; `what` there were too many of. */
export function rateLimited(rule: RateRule, verdict: RateVerdict, what = "attempts"): AppError {
  const { retryAfter } = verdict;
  const { "Retry-After": _, ...headers } = rateHeaders(verdict, rule);
  return new AppError(429, "rate_limited", `Too many ${what}. Try again in ${retryAfter} seconds.`, {
    retryAfter,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  });
}
