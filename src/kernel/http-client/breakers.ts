const mostFailures = 5;
const openMs = 30_000;
/** While one call tries whether it works again, the others come back after this. */
const probeMs = 1_000;

type Breaker = { integration: string; failures: number; openUntil: number; probing: boolean };

/** Leaves alone what failed five times in a row: for 30 seconds, then one call may try. */
export type Breakers = {
  /** Undefined: the call may go. Else milliseconds after which it makes sense to ask again. */
  admit(key: string): number | undefined;
  /** Every call that was admitted tells how it went. */
  settle(key: string, integration: string, failed: boolean): void;
  /** Open ones of an integration. */
  countOpen(integration: string): number;
};

/** `clock` is in milliseconds and never goes back. Only what failed just now is remembered. */
export function createBreakers(clock: () => number): Breakers {
  const breakers = new Map<string, Breaker>();
  return {
    admit(key) {
      const breaker = breakers.get(key);
      if (!breaker || breaker.failures < mostFailures) return;
      const left = breaker.openUntil - clock();
      if (left > 0) return Math.ceil(left);
      if (breaker.probing) return probeMs;
      breaker.probing = true;
      return;
    },
    settle(key, integration, failed) {
      if (!failed) {
        breakers.delete(key);
        return;
      }
      const breaker = breakers.get(key) ?? { integration, failures: 0, openUntil: 0, probing: false };
      breakers.set(key, breaker);
      breaker.failures++;
      breaker.probing = false;
      // One that left before it opened does not keep it open for longer.
      if (breaker.failures >= mostFailures && breaker.openUntil <= clock())
        breaker.openUntil = clock() + openMs;
    },
    countOpen: (integration) =>
      [...breakers.values()].filter(
        (breaker) => breaker.integration === integration && breaker.failures >= mostFailures,
      ).length,
  };
}
