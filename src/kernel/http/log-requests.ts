import type { Log } from "../log";
import type { Lane } from "./in-flight";
import type { RequestContext } from "./request-context";

/**
 * One line a request: its pattern, never its path, query or body. `ms` is the time to the answer, `bytes` the body that
 * was read. Health checks come every few seconds and are debug.
 */
export const logRequests =
  (log: Log) =>
  (method: string, { id, route, bodyBytes }: RequestContext, status: number, lane: Lane, ms: number): void =>
    log(lane === "exempt" ? "debug" : "info", "request.answered", {
      requestId: id,
      method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      bytes: bodyBytes,
    });
