import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "#/kernel/config";
import { AppError } from "#/kernel/errors";
import { isFromThisMachine, isPrivate } from "#/kernel/http";

/**
 * Refuses whoever may not see the metrics. `METRICS_TOKEN` as bearer opens them; so does the private socket and, outside
 * production, this very machine, unless a proxy passed the request on: behind one every caller is loopback.
 */
export function mayReadMetrics(
  { METRICS_TOKEN, production }: Pick<Config, "METRICS_TOKEN" | "production">,
  request: Request,
): void {
  if (isPrivate(request)) return;
  const given = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given !== undefined && METRICS_TOKEN !== undefined && isSame(given, METRICS_TOKEN)) return;
  if (given === undefined && !production && isFromThisMachine(request)) return;
  if (METRICS_TOKEN === undefined)
    throw new AppError(403, "metrics_closed", "The metrics are closed: METRICS_TOKEN is not set");
  throw new AppError(401, "unauthorized", "Cannot identify the caller: the token of the metrics is needed");
}

/** By their hashes, which are of one length, so that the time tells nothing of the token. */
const isSame = (given: string, wanted: string) => timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string) => createHash("sha256").update(text).digest();
