import type { Static, TObject } from "@sinclair/typebox";
import type { SQL } from "drizzle-orm";
import type { Db } from "#/kernel/db";

/**
 * A kind of background work. Runs at least once per enqueued payload, so every effect carries a key.
 * `Context` is what `run` is given (the Kernel); it is a parameter here because the Kernel itself holds `JobsOf`.
 */
export type JobOf<Context, Payload extends TObject = TObject> = {
  /** `module.verb`; also the name of its queue. */
  name: string;
  /** Ids only: the queue's table must hold nothing personal. */
  payload: Payload;
  run(context: Context, payload: Static<Payload>): Promise<void>;
  /**
   * Runs up to `together` of them as one, all or nothing, where a transaction each would cost more than the work.
   * When it throws, each is `run` by itself, so that one bad payload holds back no other.
   */
  runMany?(context: Context, payloads: readonly Static<Payload>[]): Promise<void>;
  /** Those that are claimed at one time for `runMany`, and count as one run; default 1. */
  together?: number;
  /** Kinds with a higher number are claimed first; default 0. */
  priority?: number;
  /** Runs at one time in this process; default 1. Quick work that only meets the database wants 16 or more. */
  concurrency?: number;
  /** How often it is repeated after a crash or a thrown error, with backoff; default 5. */
  retryLimit?: number;
  /** The first wait before a repetition, in seconds; it doubles, with jitter, up to ten minutes. Default 5. */
  retryDelaySeconds?: number;
  /** Seconds one run may take before it counts as failed; default 60. */
  leaseSeconds?: number;
  /** A cron expression (UTC) on which it runs with an empty payload. */
  schedule?: string;
};

/** Runs of one kind that were given up: attempts used up, or a payload that its schema refuses. */
export type DeadLetters = { job: string; count: number; newest: Date };

/** As pg-boss counted at its last round, every ten seconds. */
export type QueueFigures = { queue: string; waiting: number; dead: number; oldestSeconds: number };

export type JobsOf<Context> = {
  /**
   * Exists exactly when the caller's transaction commits; one statement for the whole batch.
   * `startAfter` is the earliest moment. Starts within milliseconds of the commit here, a second elsewhere.
   */
  enqueue<Payload extends TObject>(
    tx: Db,
    job: JobOf<Context, Payload>,
    payloads: readonly Static<Payload>[],
    options?: { startAfter?: Date },
  ): Promise<void>;
  /**
   * `enqueue` as a part of the caller's own statement, for its `with`: one job for each row of the query `payloads`,
   * whose only column is the payload as JSON. A round trip less; whoever uses it says `enqueued` after the commit.
   */
  insertInto<Payload extends TObject>(job: JobOf<Context, Payload>, payloads: SQL): SQL;
  /** Starts what has been committed within milliseconds. Without it, it starts within a second. */
  enqueued<Payload extends TObject>(job: JobOf<Context, Payload>): void;
  /** Creates or upgrades the queue's tables and the queues, without working. `start` does it too. */
  migrate(): Promise<void>;
  /** Lets `enqueue` be called without working, for a command beside the service. `stop` ends it. */
  open(): Promise<void>;
  /** Begins to work. Throws when the tables cannot be prepared. `onDead` is told of each run given up, by its kind. */
  start(context: Context, onDead?: (job: string) => void): Promise<void>;
  /**
   * While `isUrgent`, jobs leave the database to the requests: a queue is claimed from once a second only, until its
   * jobs have waited 20 s. From then on it takes its share, so that a load that does not end holds back no job for good.
   */
  yieldTo(isUrgent: () => boolean): void;
  /** Stops claiming and waits for what runs, at most `timeoutMs`. What still runs then is repeated elsewhere. */
  stop(timeoutMs: number): Promise<void>;
  /** Whether the workers are alive, for `readyz`. */
  check(): Promise<{ ok: boolean; detail: string }>;
  /** How every queue stands. */
  figures(): Promise<QueueFigures[]>;
  /** What was given up in the last 30 days, by kind, most recent first. */
  deadLetters(): Promise<DeadLetters[]>;
};
