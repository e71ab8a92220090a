import type { Kernel, Phase } from "#/kernel/kernel";

export type Check = { ok: boolean; detail: string; ms: number };
export type Readiness = { ready: boolean; phase: Phase; checks: Record<string, Check> };

/** One look serves everybody who asks within this time: a crowd of probes must not load the database. */
const SHARED_MS = 1_000;
const CHECK_TIMEOUT_MS = 2_000;

/** Asks everything the service needs in order to store a message. `phase` is told by whoever runs it. */
export function createReadiness({ readiness, now }: Pick<Kernel, "readiness" | "now">) {
  let shared: { at: number; answer: Promise<Readiness> } | undefined;

  const look = async (): Promise<Readiness> => {
    const phase = readiness.phase();
    const checks = Object.fromEntries(
      await Promise.all(
        Object.entries(readiness.checks).map(async ([name, check]) => [name, await timed(check)] as const),
      ),
    );
    const ready = phase === "serving" && Object.values(checks).every(({ ok }) => ok);
    return { ready, phase, checks };
  };

  return (): Promise<Readiness> => {
    const at = now().getTime();
    if (!shared || at - shared.at >= SHARED_MS) shared = { at, answer: look() };
    return shared.answer;
  };
}

async function timed(check: () => Promise<{ ok: boolean; detail: string }>): Promise<Check> {
  const began = performance.now();
  const { promise: late, resolve } = Promise.withResolvers<{ ok: boolean; detail: string }>();
  const timer = setTimeout(() => resolve({ ok: false, detail: "no answer in time" }), CHECK_TIMEOUT_MS);
  const answer = await Promise.race([check().catch(() => ({ ok: false, detail: "failed" })), late]);
  clearTimeout(timer);
  return { ...answer, ms: Math.round(performance.now() - began) };
}
