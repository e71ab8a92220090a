import { AppError } from "#/kernel/errors";
import type { CorsPolicy } from "#/kernel/http";
import { admits } from "#/kernel/http";

/** Which page a post came from. `own`: a page of ours, such as the one that shows a visitor's mistakes. */
export type PageOrigin = { origin: string | undefined; own: boolean };

/**
 * The page that posted, by `Origin`, else `Referer`. Navigations carry no CORS check, so it is made here.
 * Neither header (or `null` on a navigation, which `Referrer-Policy: no-referrer` produces) is let in as unknown.
 * Refuses an origin that is not listed, and a script without one, with 403 `origin_refused`.
 */
export function checkOrigin({ headers }: Request, policy: CorsPolicy): PageOrigin {
  const sent = headers.get("origin");
  const origin = sent && sent !== "null" ? sent : sent === null ? refererOrigin(headers) : undefined;
  if (origin === undefined) {
    if (sent === "null" && !policy.open && headers.get("sec-fetch-mode") !== "navigate") throw refused();
    return { origin, own: false };
  }
  // Host is compared with what the browser says of itself, and used for nothing else.
  const own = URL.parse(origin)?.host === headers.get("host");
  if (!own && !admits(policy, origin)) throw refused();
  return { origin, own };
}

function refererOrigin(headers: Headers): string | undefined {
  const referer = headers.get("referer");
  const origin = referer === null ? undefined : URL.parse(referer)?.origin;
  return origin === "null" ? undefined : origin;
}

const refused = () => new AppError(403, "origin_refused", "This site may not post to this form");
