export { createRateLimits, type RateLimits } from "./create-rate-limits";
export { type RateVerdict, rateHeaders } from "./rate-headers";
export { rateLimited } from "./rate-limited";
export { parseRateRule, type RateRule } from "./rate-rule";
