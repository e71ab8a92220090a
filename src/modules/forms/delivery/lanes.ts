import { type SQL, sql } from "drizzle-orm";
import type { Channel } from "../tables";
import type { Sent } from "./channels/channel";
import type { deliveryLanes } from "./tables";

export type Lane = typeof deliveryLanes.$inferSelect;

/** Who is called in the end. What shares a lane waits together while that side is away; an endpoint has its own. */
const lanes: Record<Channel, string> = {
  owner_email: "mail",
  visitor_email: "mail",
  opt_in_email: "mail",
  invitation_email: "mail",
  hubspot: "hubspot",
  slack: "slack",
  webhook: "webhook",
};

/** The lane of a delivery by its columns, for a statement. */
export const laneOf = (channel: SQL, target: SQL): SQL<string> =>
  sql`(${JSON.stringify(lanes)}::jsonb ->> ${channel}) || case when ${channel} = 'webhook' then ':' || ${target} else '' end`;

/** Failures in a row after which a side is left alone, and for how long, in milliseconds. */
const mostFailures = 5;
const closedMs = 30_000;
/** After 429 without a wait, in milliseconds. */
const pauseMs = 10_000;

/** Waits of this one delivery: no free connection, or its mail domain had enough. The others of its lane go on. */
const ownWaits: ReadonlySet<string> = new Set(["busy", "domain_limit"]);

/** What a result says of the other side: it answered, it is away, it asks to be left alone; or nothing. */
export type Sign = { kind: "well" | "away" | "nothing" } | { kind: "closed"; until: Date; why: string };

export function signOf(result: Sent, now: Date): Sign {
  if (result.kind === "ok") return { kind: "well" };
  const { code, status } = result.why;
  if (result.kind === "parked")
    return ownWaits.has(code) ? { kind: "nothing" } : { kind: "closed", until: result.until, why: code };
  if (status === 429 && result.kind === "retry")
    return { kind: "closed", until: new Date(now.getTime() + (result.after ?? pauseMs)), why: code };
  // A page of a proxy comes with 200.
  if (result.kind !== "refused" && (status === undefined || status >= 500 || code === "bad_answer"))
    return { kind: "away" };
  return { kind: status === undefined ? "nothing" : "well" };
}

export type LaneState = Pick<Lane, "state" | "failures" | "until" | "probe" | "why">;

/**
 * How a lane stands after a delivery brought a sign; undefined where it stays as it is, null where it is well.
 * A result that was under way when the lane closed changes nothing: the one that probes decides.
 */
export function nextLane(
  lane: LaneState | undefined,
  sign: Sign,
  { id, now }: { id: string; now: Date },
): LaneState | null | undefined {
  const isProbe = lane?.state === "probing" && lane.probe === id;
  if (sign.kind === "nothing" || lane?.state === "closed" || (lane?.state === "probing" && !isProbe))
    return undefined;
  if (sign.kind === "well") {
    if (isProbe) return { state: "draining", failures: 0, until: now, probe: null, why: lane.why };
    return lane?.state === "failing" ? null : undefined;
  }
  const failures = (lane?.failures ?? 0) + 1;
  const closed = { state: "closed", failures, probe: null } as const;
  if (sign.kind === "closed") return { ...closed, until: sign.until, why: sign.why };
  if (isProbe || failures >= mostFailures)
    return { ...closed, until: new Date(now.getTime() + closedMs), why: "away" };
  return { state: lane?.state ?? "failing", failures, until: lane?.until ?? null, probe: null, why: "away" };
}
