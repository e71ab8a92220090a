export { createRateLimits, type RateLimits, type RateLimitsNeeds } from "./create-rate-limits";
export { type RateVerdict, rateHeaders } from "./rate-headers";
export { parseRateRule, type RateRule } from "./rate-rule";
