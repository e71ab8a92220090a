import { availableParallelism } from "node:os";
import { AppError } from "../errors";
import type { Metrics } from "../metrics";

/** On whose behalf something is hashed. */
export type HashCaller = {
  /** The client's network, `clientOf(request).key`; none for work of our own, such as a command. */
  client?: string | undefined;
  /** Aborted once the caller is gone: then its turn goes to the next. */
  signal?: AbortSignal | undefined;
};

export type HashQueue = {
  /**
   * Does the work when its turn comes, first come, first served. Rejects with what the work throws, and refuses with
   * 503 `busy` when the wait would be too long, 429 `rate_limited` when too many of one network wait (both with the
   * seconds to wait), and 400 `caller_left` once the signal is aborted. Work that has begun is never cut short.
   */
  run<T>(work: () => Promise<T>, caller?: HashCaller): Promise<T>;
};

export type HashQueueOptions = {
  /** Works at one time. Undefined: one less than there are cores, at least one. */
  slots?: number | undefined;
  /** The longest wait, in milliseconds, that anybody is let in for. */
  maxWaitMs: number;
  metrics: Metrics;
};

type Turn = { client: string | undefined; begin: () => void };

/** Waiting at one time for one network; it keeps a single sender from filling the queue. */
const mostOfOneClient = 20;
/** Milliseconds; what argon2id of our parameters takes (17-20 measured), until there is something better to go by. */
const firstGuess = 20;
const weightOfNewest = 0.1;

/**
 * A bounded queue for work that fills a core for long. Without one, 200 sign-ins at once held back every file read by
 * 1.7 to 2.6 seconds (measured), because Bun hashes on the threads that files are read on.
 */
export function createHashQueue({ slots, maxWaitMs, metrics }: HashQueueOptions): HashQueue {
  const capacity = slots ?? Math.max(1, availableParallelism() - 1);
  const durations = metrics.histogram("hashing_seconds", {});
  /** Oldest first. Nobody waits while a slot is free. */
  const waiting = new Set<Turn>();
  const waitingOf = new Map<string, number>();
  let running = 0;
  let meanMs = firstGuess;
  metrics.read("hashing", () => ({ hashing_waiting_requests: [{ labels: {}, value: waiting.size }] }));

  const refuse = (status: number, code: string, message: string, waitMs: number) => {
    metrics.counter("hashing_refusals_total", { reason: code }).add();
    return new AppError(status, code, message, { retryAfter: Math.max(1, waitMs / 1000) });
  };

  const admit = (client: string | undefined): void => {
    const waitMs = (waiting.size * meanMs) / capacity;
    if (client !== undefined && (waitingOf.get(client) ?? 0) >= mostOfOneClient) {
      throw refuse(429, "rate_limited", "Too many sign-ins from this network are waiting", waitMs);
    }
    if (waitMs > maxWaitMs) {
      throw refuse(503, "busy", "Too many sign-ins are waiting, try again shortly", waitMs);
    }
  };

  const count = (client: string | undefined, change: 1 | -1): void => {
    if (client === undefined) return;
    const left = (waitingOf.get(client) ?? 0) + change;
    if (left === 0) waitingOf.delete(client);
    else waitingOf.set(client, left);
  };

  const leave = (turn: Turn): void => {
    waiting.delete(turn);
    count(turn.client, -1);
  };

  /** Resolves with the slot of one who is done; rejects when the caller goes first. */
  const wait = ({ client, signal }: HashCaller): Promise<void> => {
    admit(client);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = () => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    };
    const turn: Turn = { client, begin };
    function giveUp() {
      leave(turn);
      reject(callerLeft());
    }
    waiting.add(turn);
    count(client, 1);
    signal?.addEventListener("abort", giveUp, { once: true });
    return promise;
  };

  /** The slot goes from hand to hand, so that nobody who comes just now gets in before those who wait. */
  const passOn = (): void => {
    const [next] = waiting;
    if (!next) {
      running--;
      return;
    }
    leave(next);
    next.begin();
  };

  return {
    async run(work, caller = {}) {
      if (caller.signal?.aborted) throw callerLeft();
      if (running < capacity) running++;
      else await wait(caller);
      const began = performance.now();
      try {
        const result = await work();
        const ms = performance.now() - began;
        meanMs += (ms - meanMs) * weightOfNewest;
        durations.observe(ms / 1000);
        return result;
      } finally {
        passOn();
      }
    },
  };
}

const callerLeft = () => new AppError(400, "caller_left", "The caller left before its turn came");
