/** The time of one call: the signal aborts when the head of the answer, or its end, does not come in time. */
export type Limits = {
  signal: AbortSignal;
  /** From now on only the whole counts. */
  headArrived(): void;
  /** Ends the timers; the signal stays as it is. */
  done(): void;
};

/** Both in milliseconds, from now. */
export function startLimits(firstByteMs: number, totalMs: number): Limits {
  const controller = new AbortController();
  const end = () => controller.abort();
  const head = setTimeout(end, firstByteMs);
  const total = setTimeout(end, totalMs);
  return {
    signal: controller.signal,
    headArrived: () => clearTimeout(head),
    done() {
      clearTimeout(head);
      clearTimeout(total);
    },
  };
}

/** Rejects once the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
