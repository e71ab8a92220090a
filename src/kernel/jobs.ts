import type { Static, TObject } from "@sinclair/typebox";
import type { Db } from "./db";
import type { Kernel } from "./kernel";

/** A kind of background work. Runs at least once per enqueued payload, so every effect carries a key. */
export type Job<Payload extends TObject = TObject> = {
  /** `module.verb`; also the name of its queue. */
  name: string;
  /** Ids only: the queue's table must hold nothing personal. */
  payload: Payload;
  run(kernel: Kernel, payload: Static<Payload>): Promise<void>;
  /** Higher runs first; default 0. */
  priority?: number;
  /** Runs at one time; default 1. */
  concurrency?: number;
  /** How often pg-boss repeats it after a crash or a thrown error, with backoff; default 5. */
  retryLimit?: number;
  /** Seconds after which a run that did not report is taken for dead; default 60. */
  leaseSeconds?: number;
  /** A cron expression (UTC) on which it runs with an empty payload. */
  schedule?: string;
};

/** Gives the payload its type at both ends. */
export const defineJob = <Payload extends TObject>(job: Job<Payload>): Job<Payload> => job;

export type Jobs = {
  /** Exists exactly when the caller's transaction commits. `startAfter` is the earliest moment. */
  enqueue<P extends TObject>(
    tx: Db,
    job: Job<P>,
    payloads: readonly Static<P>[],
    options?: { startAfter?: Date },
  ): Promise<void>;
  /** Creates the queues and begins to work. */
  start(kernel: Kernel): Promise<void>;
  /** Stops claiming and waits for what runs, at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  /** Whether the workers are alive, for `readyz`. */
  check(): Promise<{ ok: boolean; detail: string }>;
};
