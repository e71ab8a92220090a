/** Nobody is believed who asks for more, in milliseconds. */
const mostMs = 24 * 60 * 60_000;

/**
 * `Retry-After` in milliseconds from now, of seconds or a date (RFC 9110 §10.2.3), at most a day; undefined where there
 * is none or it is neither.
 */
export function readRetryAfter(headers: Headers, now: Date): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  const ms = /^\d{1,15}$/.test(value) ? Number(value) * 1000 : httpDate(value) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), mostMs);
}

/** `Date.parse` alone would also take a bare number or a local time. */
const httpDate = (value: string) => (/^[A-Z][a-z]+, .* GMT$/.test(value) ? Date.parse(value) : Number.NaN);
