import type { CallResult } from "#/kernel/call-result";

/** After the first attempt, at once: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h; eight attempts in about 28 hours. */
const SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/** How long a delivery may wait for the other side, in milliseconds: as long as its attempts would last. */
export const attemptsMs = SECONDS.reduce((sum, seconds) => sum + seconds, 0) * 1000;

/**
 * When to try again after attempt number `attempts` ended with `result`; undefined when that was the last.
 * Jitter of a fifth keeps a backlog from returning all at once; a longer wait asked for by the vendor wins.
 * SMTP takes no key, so an attempt whose answer was lost is repeated once only.
 */
export function nextAttempt(
  result: CallResult<unknown>,
  attempts: number,
  now: Date,
  jitter: () => number = Math.random,
): Date | undefined {
  if (result.kind === "ok" || result.kind === "refused") return undefined;
  if (result.kind === "parked") return result.until;
  const seconds = SECONDS[attempts - 1];
  if (seconds === undefined || (result.kind === "uncertain" && attempts > 1)) return undefined;
  const wait = seconds * 1000 * (0.8 + 0.4 * jitter());
  const asked = result.kind === "retry" ? (result.after ?? 0) : 0;
  return new Date(now.getTime() + Math.max(wait, asked));
}
