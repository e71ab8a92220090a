import type { Log } from "../log";
import type { Metrics } from "../metrics";
import { createBreakers } from "./breakers";
import type { HttpCall, HttpClient, HttpResult } from "./contract";
import { exchange } from "./exchange";
import { startLimits } from "./limits";
import { measureCalls } from "./measure-calls";
import { openConnection } from "./open-connection";
import { isPublicAddress } from "./public-address";
import { readTarget, type Target } from "./read-target";
import { type Resolve, resolveName, resolveTarget } from "./resolve-target";
import { createSlots } from "./slots";

const defaultFirstByteMs = 5_000;
const defaultTotalMs = 10_000;
/** Calls under way at a time, for each integration, and of these for one `breaker` of its own. */
const slotsEach = 8;
const slotsOfOne = 4;

type Failure = Extract<HttpResult, { kind: "failed" }>;

const failed = (code: Failure["code"], after?: number): Failure => ({
  kind: "failed",
  code,
  written: false,
  ...(after !== undefined && { after }),
});

export type HttpClientOptions = {
  log: Log;
  metrics: Metrics;
  /** Default: as the machine resolves names. */
  resolve?: Resolve;
  /** Which addresses a `public` call may reach; tests open it to reach their own server. */
  isPublic?: (address: string) => boolean;
  /** A certificate in PEM that is trusted instead of the well-known ones; for servers of tests. */
  trust?: string;
  /** Milliseconds that never go back. */
  clock?: () => number;
};

/**
 * The only place that calls out. Checks where a call goes, connects to exactly the address that was checked, and holds
 * every call to its time and size. Does not repeat anything: that is the caller's job.
 */
export function createHttpClient({
  log,
  metrics,
  resolve = resolveName,
  isPublic = isPublicAddress,
  trust,
  clock = () => performance.now(),
}: HttpClientOptions): HttpClient {
  const breakers = createBreakers(clock);
  const integrations = createSlots(slotsEach);
  const ones = createSlots(slotsOfOne);
  const measure = measureCalls({ log, metrics }, breakers);

  /** Connects and talks; the limits run. */
  async function reach(call: HttpCall, target: Target): Promise<HttpResult> {
    const { firstByteMs = defaultFirstByteMs, totalMs = defaultTotalMs } = call;
    const limits = startLimits(Math.min(firstByteMs, totalMs), totalMs);
    try {
      const permits = call.target === "public" ? isPublic : () => true;
      const addresses = await resolveTarget(target.host, { resolve, permits }, limits.signal);
      if (typeof addresses === "string") return failed(addresses);
      const socket = await openConnection(target, addresses, { signal: limits.signal, trust });
      if (typeof socket === "string") return failed(socket);
      return await exchange(call, target.url, socket, limits);
    } finally {
      limits.done();
    }
  }

  /** Asked only when a connection is free: while it waited, the breaker may have opened. */
  async function reachUnlessBroken(call: HttpCall, target: Target): Promise<HttpResult> {
    const key = call.breaker ?? call.integration;
    const after = breakers.admit(key);
    if (after !== undefined) return failed("breaker", after);
    const result = await reach(call, target);
    breakers.settle(key, call.integration, countsAsFailure(result));
    return result;
  }

  async function queue(call: HttpCall): Promise<HttpResult> {
    const target = readTarget(call);
    if (!target) return failed("address");
    const patience = performance.now() + (call.totalMs ?? defaultTotalMs);
    const left = () => patience - performance.now();
    const leaveOne = call.breaker === undefined ? () => {} : await ones.take(call.breaker, left());
    if (!leaveOne) return failed("busy");
    const leave = await integrations.take(call.integration, left());
    try {
      return leave ? await reachUnlessBroken(call, target) : failed("busy");
    } finally {
      leave?.();
      leaveOne();
    }
  }

  return {
    async call(call) {
      const since = performance.now();
      const result = await queue(call);
      measure(call, result, performance.now() - since);
      return result;
    },
  };
}

const troubles: ReadonlySet<Failure["code"]> = new Set(["dns", "connection", "tls", "timeout", "broken"]);

/** Network, time, and 5xx. A refusal, a limit, and an answer that is too large show that somebody is there. */
const countsAsFailure = (result: HttpResult): boolean =>
  result.kind === "failed" ? troubles.has(result.code) : result.status >= 500;
