import type { Sql, TransactionSql } from "postgres";
import { AppError, unavailable } from "#/kernel/errors";
import { createMetering, tooMany } from "./database-meter";
import { isLost, toRefusal } from "./postgres-faults";
import { within } from "./within";

/** In milliseconds, but for `waiting`. */
export type Limits = {
  /** The longest that anybody waits: for a connection, for a statement, for a commit. */
  deadline: number;
  /** After that long without an answer it is asked elsewhere whether the server is still there. */
  doubt: number;
  /** The server's own limit for a statement. */
  statement: number;
  /** How many may wait: the driver's own queue has no end. */
  waiting: number;
};

export const usualLimits: Limits = { deadline: 10_000, doubt: 2_000, statement: 5_000, waiting: 1_000 };

type Inside = Pick<TransactionSql, "unsafe" | "savepoint">;
type Query = ReturnType<Sql["unsafe"]>;
type Health = { answers(): boolean; doubt(): unknown };

const away = () => unavailable("Cannot reach the database");

/**
 * Gives every piece of work on the pool a deadline, a bound on how many wait, and an immediate refusal while the
 * server is known to be away: all of them 503.
 */
export function guardQueries(pool: () => Sql, health: () => Health, limits: Limits) {
  const outstanding = new Set<(reason: unknown) => void>();
  const { time, meter } = createMetering();

  const answered = async <T>(work: Promise<T>, milliseconds = limits.deadline): Promise<T> => {
    const doubting = setTimeout(() => health().doubt(), limits.doubt);
    try {
      return await within(milliseconds, work, away);
    } finally {
      clearTimeout(doubting);
    }
  };

  const refusal = (error: unknown) => {
    if (isLost(error)) health().doubt();
    return toRefusal(error);
  };

  /** Runs work that takes a connection of the pool; `expire` undoes what has not begun when time is up. */
  async function run<T>(work: () => Promise<T>, expire = () => {}, milliseconds?: number): Promise<T> {
    if (!health().answers()) throw away();
    if (outstanding.size >= limits.waiting)
      throw unavailable("Too many queries wait for the database", 2, tooMany);
    const { promise: refused, reject } = Promise.withResolvers<never>();
    outstanding.add(reject);
    const working = work();
    try {
      return await answered(Promise.race([working, refused]), milliseconds);
    } catch (error) {
      expire();
      working.catch(() => {});
      throw refusal(error);
    } finally {
      outstanding.delete(reject);
    }
  }

  const runTimed: typeof run = (...work) => time("statement", () => run(...work));

  /** Only takes back what still waits: ending a statement that runs is left to the server's own limit. */
  const takeBack = (query: Query) => () => {
    if ((query as unknown as { state: unknown }).state === null) query.cancel();
  };

  const runQuery = <T>(query: Query, result: PromiseLike<T>) => runTimed(async () => result, takeBack(query));

  /** The statements of a transaction that has its connection already: the deadline alone. */
  const insideOf = (tx: TransactionSql, fail: (reason: unknown) => void): Inside => {
    const bound = async <T>(result: PromiseLike<T>): Promise<T> => {
      try {
        return await answered(Promise.resolve(result));
      } catch (error) {
        // The driver would first wait for a rollback that a dead connection never confirms.
        if (isLost(error) || error instanceof AppError) fail(error);
        throw refusal(error);
      }
    };
    return {
      unsafe: toUnsafe(
        () => tx,
        (_query, result) => bound(result),
      ),
      savepoint: ((work: (inner: TransactionSql) => unknown) =>
        tx.savepoint((inner) =>
          work(insideOf(inner, fail) as TransactionSql),
        )) as TransactionSql["savepoint"],
    };
  };

  /** Each wait has its deadline: for a connection, for each statement, and for the commit or rollback. */
  const begin = <T>(work: (tx: Inside) => Promise<T>): Promise<T> =>
    time("transaction", (begun) => transact(work, begun));

  async function transact<T>(work: (tx: Inside) => Promise<T>, onBegun: () => void): Promise<T> {
    let expired = false;
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});

    const inside = async (tx: TransactionSql) => {
      if (expired) throw away();
      onBegun();
      begun.resolve();
      try {
        return await work(insideOf(tx, failed.reject));
      } finally {
        done.resolve();
      }
    };
    let whole: Promise<T> | undefined;
    const start = () => {
      whole = pool().begin(inside) as Promise<T>;
      whole.catch(() => {});
      return Promise.race([begun.promise, whole.then(() => {})]);
    };
    await run(start, () => {
      expired = true;
    });
    try {
      await Promise.race([done.promise, failed.promise, whole]);
      return await Promise.race([answered(whole as unknown as Promise<T>), failed.promise]);
    } catch (error) {
      throw refusal(error);
    }
  }

  return {
    run: runTimed,
    meter,
    /** Refuses whatever waits or runs: its connections are known to be gone. */
    refuseAll() {
      for (const reject of outstanding) reject(away());
    },
    /** What drizzle needs of postgres.js. */
    client: (options: Sql["options"]) => ({ options, unsafe: toUnsafe(pool, runQuery), begin }),
  };
}

/**
 * A query of postgres.js starts when it is awaited; so does this one, under guard. Prepared: that saves a round trip
 * and the planning each time, and texts that vary do so little (how many values). `?prepare=false` in the URL ends it.
 */
const toUnsafe = (
  target: () => Pick<Sql, "unsafe">,
  runQuery: <T>(query: Query, result: PromiseLike<T>) => Promise<T>,
) =>
  ((text: string, values?: Parameters<Sql["unsafe"]>[1]) => {
    const query = target().unsafe(text, values, { prepare: true });
    return {
      values: () => runQuery(query, query.values()),
      // biome-ignore lint/suspicious/noThenProperty: drizzle awaits what `unsafe` gives
      then: (...handlers: Parameters<Promise<unknown>["then"]>) => runQuery(query, query).then(...handlers),
    };
  }) as unknown as Sql["unsafe"];
