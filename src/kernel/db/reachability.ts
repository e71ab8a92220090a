import type { Log } from "#/kernel/log";

const againMilliseconds = 250;

/** `lost`: nothing listens there, so what waits can be refused too. `silent`: it did not answer in time. */
export type Verdict = "answers" | "lost" | "silent";

/** `code`: the driver's or the server's own, for the operator (28P01 is a wrong password). */
export type Probe = () => Promise<{ verdict: Verdict; code?: string }>;

type Events = { onLost(): void; onBack(after: Verdict): void };

/**
 * Knows whether the server can be reached, so that callers are refused at once and not after a timeout. Probes
 * only while there is doubt: at first, and after an error that looks like a lost connection, until it answers.
 */
export function watchReachability(probe: Probe, log: Log, { onLost, onBack }: Events) {
  let last: Verdict = "silent";
  let probing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const look = async () => {
    const { verdict, code } = await probe();
    if (stopped) return;
    const before = last;
    last = verdict;
    if (verdict === "answers") {
      if (before !== "answers") {
        log("info", "database.reachable");
        onBack(before);
      }
      return;
    }
    if (before !== verdict) log("warn", "database.unreachable", { reason: verdict, code });
    if (verdict === "lost") onLost();
    timer = setTimeout(doubt, againMilliseconds);
    timer.unref();
  };

  const doubt = (): Promise<void> => {
    clearTimeout(timer);
    probing ??= look().finally(() => {
      probing = undefined;
    });
    return probing;
  };

  return {
    answers: () => last === "answers",
    /** Looks now, and again until it answers; resolves after the first look. */
    doubt,
    /** Nothing is reached any more: the driver would let a query wait for ever on a pool that has ended. */
    stop() {
      stopped = true;
      last = "lost";
      clearTimeout(timer);
    },
  };
}
