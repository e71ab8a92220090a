import { type AppError, unavailable } from "#/kernel/errors";
import { wantsPage } from "#/kernel/http";

/** Milliseconds that a message may expect to wait for its commit; whoever would wait longer is refused at once. */
const EXPECTED_WAIT_MS = 250;
/** Messages that may wait whatever was measured: a crowd of 500 that comes at once is nothing to refuse. */
const FLOOR = 600;
/** Milliseconds without a commit, while somebody waits, after which it is not load that holds the messages up. */
const STALL_MS = 1_000;
/** Milliseconds of work that make a measurement, and those without any that spoil it. */
const MEASURE_MS = 200;
const PAUSE_MS = 50;
/** Posts a second that are read in spite of everything, for the page that gives a visitor the text back. */
const RESCUES_PER_SECOND = 200;

export type Admission = {
  /** How many messages may wait for their commit now, while `waiting` do. */
  limit(waiting: number): number;
  /** Told of each batch on disk, and how many wait behind it. */
  committed(rows: number, behind: number): void;
  /**
   * The refusal of a post on arrival, its body unread; undefined when it may come in. A visitor without script gets the text back on a page, so
   * those are read and refused at the queue, as many as there is time for.
   */
  refusalOf(request: Request, waiting: number): AppError | undefined;
};

/** Made once: there may be thousands a second. */
export const tooManyWait: AppError = unavailable("Too many messages are waiting");

/**
 * Bounds the waiting room by what leaves it. Under load nobody who is let in waits much longer than `EXPECTED_WAIT_MS`:
 * as many may wait as were lately committed in such a time while there was enough to do, at least `FLOOR` and at most
 * `capacity`. A fixed bound is wrong both ways: 2,000 messages wait 0.2 s for one machine and 3 s for another, or for
 * the same one when it is busy refusing (measured: 4,000 clients that tried again at once left 1,400 of 6,800 a second).
 *
 * While nothing is committed the rate says nothing, and the cause is not load but a database that is away or stalled.
 * That passes, and a message may wait for it as long as the queue is patient; so `capacity` alone bounds then.
 */
export function createAdmission(capacity: number, now: () => number = () => performance.now()): Admission {
  let limit = Math.min(FLOOR, capacity);
  let rate: number | undefined;
  /** When the last batch was committed, or the first message came into an empty room. */
  let progressAt = now();
  /** What was committed since then, and the most that waited meanwhile. */
  let measuring: { since: number; rows: number; most: number } | undefined;
  let rescues = { second: 0, left: 0 };

  const limitOf = (waiting: number): number => {
    const at = now();
    if (waiting === 0) {
      if (at - progressAt > PAUSE_MS) measuring = undefined;
      progressAt = at;
    }
    return at - progressAt > STALL_MS ? capacity : limit;
  };

  const mayRescue = (): boolean => {
    const second = Math.floor(now() / 1000);
    if (rescues.second !== second) rescues = { second, left: RESCUES_PER_SECOND };
    return rescues.left-- > 0;
  };

  return {
    limit: limitOf,
    committed(rows, behind) {
      const at = now();
      if (at - progressAt > STALL_MS) measuring = undefined;
      progressAt = at;
      if (!measuring) {
        measuring = { since: at, rows: 0, most: behind };
        return;
      }
      measuring.rows += rows;
      measuring.most = Math.max(measuring.most, rows + behind);
      const ms = at - measuring.since;
      if (ms < MEASURE_MS) return;
      // A quiet service commits little because it is sent little, which says nothing of what it can.
      if (measuring.most >= limit / 2) {
        rate = rate === undefined ? measuring.rows / ms : (rate + measuring.rows / ms) / 2;
        limit = Math.min(Math.max(Math.round(rate * EXPECTED_WAIT_MS), FLOOR), capacity);
      }
      measuring = { since: at, rows: 0, most: behind };
    },
    refusalOf(request, waiting) {
      if (waiting === 0 || waiting < limitOf(waiting)) return;
      return wantsPage(request.headers) && mayRescue() ? undefined : tooManyWait;
    },
  };
}
