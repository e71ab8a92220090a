import { clientOf, contextOf } from "../http";
import type { Origin } from "./audit";

const longestAgent = 200;

/** Where a request came from, for its audit events. */
export function originOf(request: Request): Origin {
  const agent = request.headers.get("user-agent");
  return {
    requestId: contextOf(request).id,
    ip: clientOf(request).address,
    agent: agent === null ? null : agent.toWellFormed().slice(0, longestAgent),
  };
}
