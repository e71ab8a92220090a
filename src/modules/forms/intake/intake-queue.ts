import { AppError, unavailable } from "#/kernel/errors";
import type { Log } from "#/kernel/log";
import { tooManyWait } from "./admit-post";
import type { IntakeMeter } from "./measure-forms";
import type { NewSubmission } from "./store-submissions";

/** What became of a message: stored now, or recognised as one that was stored before. */
export type Receipt = { id: string; replayed: boolean };

type Waiting = {
  submission: NewSubmission;
  arrived: number;
  /** Answers once; later calls do nothing. */
  settle: (outcome: Receipt | Error) => void;
};

export type IntakeOptions = {
  /** Commits the batch and answers the ids that are on disk; see `storeSubmissions`. */
  store: (batch: readonly NewSubmission[]) => Promise<ReadonlySet<string>>;
  /** What a key that was not free stands for. */
  findKeyHolder: (submission: NewSubmission) => Promise<{ id: string; contentHash: string } | undefined>;
  log: Log;
  meter: IntakeMeter;
  /** Rows a transaction, and transactions at one time. */
  batchRows: number;
  writers: number;
  /** Messages that may wait, while `waiting` do; beyond it new ones are refused with 503. */
  capacity(waiting: number): number;
};

/** With the sweep it leaves a quarter of the two seconds in which a visitor is told that nothing can be stored. */
const PATIENCE_MS = 1_700;
const RETRY_PAUSE_MS = 100;
const SWEEP_MS = 50;

export type IntakeQueue = {
  /**
   * Resolves after the commit, synced. Refuses with 503 `unavailable` when full, or 1.7 s after the message `arrived`
   * (by `performance.now()`; now unless given).
   */
  submit(submission: NewSubmission, arrived?: number): Promise<Receipt>;
  /** What the key of this message already stands for, as `submit` would answer it; undefined when it is free. */
  find(submission: NewSubmission): Promise<Receipt | undefined>;
  /** Messages without an answer yet. */
  size(): number;
};

/**
 * Concurrent messages share one transaction: a flush starts as soon as a writer is free, with whatever waits
 * by then, so a quiet site pays no delay and a busy one pays one sync for many messages.
 * A flush whose outcome is unknown is repeated with the same ids and can neither lose nor double a row.
 */
export function createIntakeQueue(options: IntakeOptions): IntakeQueue {
  const queue: Waiting[] = [];
  /** Everyone without an answer, oldest first: in the queue or in a flush. */
  const unanswered = new Set<Waiting>();
  /** The same post twice at one time is one row: the second waits for the first. */
  const inFlight = new Map<string, { contentHash: string; receipt: Promise<Receipt> }>();
  let idleWriters = options.writers;
  let sweeper: Timer | undefined;

  const submit = (submission: NewSubmission, arrived?: number): Promise<Receipt> => {
    const twinKey = `${submission.form}\n${submission.key}`;
    const first = inFlight.get(twinKey);
    const submitted = performance.now();
    const waitedMs = () => performance.now() - submitted;
    if (first) {
      return first.receipt.then(({ id }) => {
        const receipt = replayOf(id, first.contentHash, submission);
        options.meter.answered(submission.form, true, waitedMs());
        return receipt;
      });
    }
    if (unanswered.size >= options.capacity(unanswered.size)) return Promise.reject(tooManyWait);

    const { promise: receipt, resolve, reject } = Promise.withResolvers<Receipt>();
    const entry: Waiting = { submission, arrived: arrived ?? submitted, settle };
    function settle(outcome: Receipt | Error): void {
      if (!unanswered.delete(entry)) return;
      inFlight.delete(twinKey);
      if (outcome instanceof Error) reject(outcome);
      else {
        options.meter.answered(submission.form, outcome.replayed, waitedMs());
        resolve(outcome);
      }
      if (unanswered.size === 0) {
        clearInterval(sweeper);
        sweeper = undefined;
      }
    }
    inFlight.set(twinKey, { contentHash: submission.contentHash, receipt });
    unanswered.add(entry);
    queue.push(entry);
    sweeper ??= setInterval(giveUpLate, SWEEP_MS);
    if (idleWriters > 0) wake();
    return receipt;
  };

  const wake = (): void => {
    idleWriters -= 1;
    // Whatever else arrives in this turn of the event loop shares the commit.
    setImmediate(async () => {
      while (queue.length > 0) await write(queue.splice(0, options.batchRows));
      idleWriters += 1;
    });
  };

  /** Commits one batch, repeating while the database is away and somebody still waits. Never rejects. */
  const write = async (batch: Waiting[]): Promise<void> => {
    for (;;) {
      const waiting = batch.filter((entry) => unanswered.has(entry));
      if (waiting.length === 0) return;
      try {
        const stored = await options.store(waiting.map(({ submission }) => submission));
        options.meter.committed(waiting.length, unanswered.size - waiting.length);
        await Promise.all(waiting.map((entry) => answer(entry, stored)));
        return;
      } catch (error) {
        if (isRefusedData(error)) return splitAndWrite(waiting, error);
        options.log("warn", "forms.flush_failed", { error: nameOf(error), rows: waiting.length });
        await Bun.sleep(RETRY_PAUSE_MS);
      }
    }
  };

  /** One row that the database will not take must not refuse the others: halve until it is alone. */
  const splitAndWrite = async (batch: Waiting[], error: unknown): Promise<void> => {
    if (batch.length === 1) {
      batch[0]?.settle(error as Error);
      return;
    }
    const middle = batch.length >> 1;
    await write(batch.slice(0, middle));
    await write(batch.slice(middle));
  };

  const answer = async (entry: Waiting, stored: ReadonlySet<string>): Promise<void> => {
    const { submission, settle } = entry;
    if (stored.has(submission.id)) return settle({ id: submission.id, replayed: false });
    try {
      const earlier = await find(submission);
      if (earlier) settle(earlier);
      // The key expired between the two statements, so it is free: the writer that is at work takes it next.
      else queue.push(entry);
    } catch (error) {
      settle(error instanceof AppError ? error : unavailable("Cannot tell whether this message was stored"));
    }
  };

  /** Answers 503 to those who waited too long. Their row may still commit: a retry is found by its key. */
  const giveUpLate = (): void => {
    const latest = performance.now() - PATIENCE_MS;
    for (const entry of unanswered) {
      if (entry.arrived <= latest) entry.settle(unavailable("Cannot store this message now"));
    }
    // While every writer hangs nobody takes them out, and each holds a message.
    const first = queue.findIndex((entry) => unanswered.has(entry));
    queue.splice(0, first < 0 ? queue.length : first);
  };

  const find = async (submission: NewSubmission): Promise<Receipt | undefined> => {
    const holder = await options.findKeyHolder(submission);
    return holder && replayOf(holder.id, holder.contentHash, submission);
  };

  return { submit, find, size: () => unanswered.size };
}

/** The answer of an earlier message, or 422 where the key was used for other content. */
function replayOf(id: string, contentHash: string, submission: NewSubmission): Receipt {
  if (contentHash === submission.contentHash) return { id, replayed: true };
  throw new AppError(422, "idempotency_key_reused", "This Idempotency-Key was used for another message");
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity): the row is at fault, not the connection. */
function isRefusedData(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string" && /^2[23]...$/.test(code)) return true;
  }
  return false;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
