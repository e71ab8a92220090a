/** `ok` false is broken. A `warning` works, but somebody should know of it. Neither text holds a secret. */
export type Verdict = { ok: boolean; detail: string; warning?: true };

/** One thing that `doctor` looks at. */
export type Probe = { name: string; probe(): Promise<Verdict> };

export type Finding = { name: string; state: "ok" | "warning" | "broken"; detail: string };

/** Runs all at one time. One that throws, or says nothing within `timeoutMs`, is broken. */
export const runProbes = (probes: readonly Probe[], timeoutMs = 5000): Promise<Finding[]> =>
  Promise.all(
    probes.map(async ({ name, probe }) => {
      const { ok, warning, detail } = await withDeadline(probe, timeoutMs);
      return { name, state: ok ? (warning ? "warning" : "ok") : "broken", detail };
    }),
  );

/** The error's message stays out: a driver's may hold what it was given. */
async function withDeadline(probe: Probe["probe"], timeoutMs: number): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => resolve({ ok: false, detail: `no answer in ${timeoutMs} ms` }), timeoutMs);
  try {
    return await Promise.race([probe(), promise]);
  } catch (error) {
    return { ok: false, detail: `failed with ${error instanceof Error ? error.name : "an unknown error"}` };
  } finally {
    clearTimeout(timer);
  }
}
