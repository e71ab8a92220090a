import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { CallResult } from "#/kernel/call-result";
import { type Accepted, classify, type HttpCall, type HttpClient } from "#/kernel/http-client";
import { nextMidnight } from "./hubspot-midnight";

/** HubSpot takes 100 calls in 10 s from the smallest accounts (usage guidelines of its API); the rest is for others. */
const callsPerSecond = 8;
/** Milliseconds until a rolling limit of ten seconds has passed for certain. */
const rollingMs = 10_000;

/** The code of a refusal because the account lacks a property that we wrote. */
export const unknownProperty = "unknown_property";

const RateLimited = Type.Object({ policyName: Type.String() });

export type HubspotCall = {
  /** A word of ours, for log and metrics. */
  operation: string;
  method: HttpCall["method"];
  /** Behind `/crm/objects/<version>`. */
  path: string;
  body?: object;
  /** Whether making it twice is like making it once. */
  idempotent: boolean;
};

export type HubspotAnswer = Accepted | Exclude<CallResult<never>, { kind: "ok" }>;
export type CallHubspot = (call: HubspotCall) => Promise<HubspotAnswer>;

export type HubspotAccess = {
  http: HttpClient;
  apiKey: string;
  baseUrl: string;
  version: string;
  timeZone: string;
  /** The clock; tests replace it, and the waiting. */
  now?: () => Date;
  sleep?: (ms: number) => Promise<unknown>;
};

/**
 * The way to HubSpot: eight calls a second at most, and none at all while a daily limit is used up or the key is known
 * to be bad. Those answers are `parked`, and nothing was sent.
 */
export function hubspotCaller({
  http,
  apiKey,
  baseUrl,
  version,
  timeZone,
  now = () => new Date(),
  sleep = Bun.sleep,
}: HubspotAccess): CallHubspot {
  let parked: Extract<HubspotAnswer, { kind: "parked" }> | undefined;
  let nextTurn = 0;

  /** Waits until it is this call's turn: turns are an eighth of a second apart. */
  const takeTurn = async () => {
    const at = now().getTime();
    const turn = Math.max(at, nextTurn);
    nextTurn = turn + 1000 / callsPerSecond;
    if (turn > at) await sleep(turn - at);
  };
  const stillParked = () => (parked && now() < parked.until ? parked : undefined);

  return async ({ operation, method, path, body, idempotent }) => {
    if (stillParked()) return stillParked()!;
    await takeTurn();
    // Another call may have found out meanwhile.
    const known = stillParked();
    if (known) return known;
    const result = await http.call({
      integration: "hubspot",
      operation,
      method,
      url: `${baseUrl}/crm/objects/${version}${path}`,
      target: "configured",
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: "application/json",
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = classify(result, {
      idempotent,
      credentials: true,
      secrets: [apiKey],
      expect: "json",
      now: now(),
    });
    if (answer.kind === "retry" && result.kind === "answer" && result.status === 429) {
      if (policyOf(result.body) !== "DAILY")
        return { ...answer, after: Math.max(answer.after ?? 0, rollingMs) };
      parked = {
        kind: "parked",
        why: { ...answer.why, code: "daily_limit" },
        until: nextMidnight(timeZone, now()),
      };
      return parked;
    }
    if (answer.kind === "refused" && result.kind === "answer" && namesUnknownProperty(result.body))
      return { ...answer, why: { ...answer.why, code: unknownProperty } };
    // 403 may be one right that is missing for one kind of object; the others go on.
    if (answer.kind === "parked" && answer.why.status === 401) parked = answer;
    return answer;
  };
}

const namesUnknownProperty = (body: Uint8Array) =>
  new TextDecoder().decode(body).includes("PROPERTY_DOESNT_EXIST");

function policyOf(body: Uint8Array): string | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body));
    return Value.Check(RateLimited, json) ? json.policyName : undefined;
  } catch {
    return;
  }
}
