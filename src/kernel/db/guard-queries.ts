import type { Sql, TransactionSql } from "postgres";
import { unavailable } from "#/kernel/errors";
import { isLost, toRefusal } from "./postgres-faults";
import { within } from "./within";

const deadlineMilliseconds = 10_000;
/** The driver's own queue has no end. */
const mostWaiting = 1_000;

type Inside = Pick<TransactionSql, "unsafe" | "savepoint">;
type Query = ReturnType<Sql["unsafe"]>;
type Health = { answers(): boolean; doubt(): unknown };

const away = () => unavailable("Cannot reach the database");

/**
 * Gives every piece of work on the pool a deadline, a bound on how many wait, and an immediate refusal while the
 * server is known to be away: all of them 503.
 */
export function guardQueries(pool: () => Sql, health: () => Health) {
  const outstanding = new Set<(reason: unknown) => void>();

  /** Runs work that takes a connection of the pool; `expire` undoes what has not begun when time is up. */
  async function run<T>(
    work: () => Promise<T>,
    expire = () => {},
    milliseconds = deadlineMilliseconds,
  ): Promise<T> {
    if (!health().answers()) throw away();
    if (outstanding.size >= mostWaiting) throw unavailable("Too many queries wait for the database");
    const { promise: refused, reject } = Promise.withResolvers<never>();
    outstanding.add(reject);
    const working = work();
    try {
      return await within(milliseconds, Promise.race([working, refused]), away);
    } catch (error) {
      expire();
      working.catch(() => {});
      if (isLost(error) || isLost((error as Error).cause)) health().doubt();
      throw toRefusal(error);
    } finally {
      outstanding.delete(reject);
    }
  }

  /** Only takes back what still waits: ending a statement that runs is left to the server's own limit. */
  const takeBack = (query: Query) => () => {
    if ((query as unknown as { state: unknown }).state === null) query.cancel();
  };

  const runQuery = <T>(query: Query, result: PromiseLike<T>) => run(async () => result, takeBack(query));

  /** The statements of a transaction that has its connection already: the deadline alone. */
  const insideOf = (tx: TransactionSql, fail: (reason: unknown) => void): Inside => {
    const bound = async <T>(result: PromiseLike<T>): Promise<T> => {
      try {
        return await within(deadlineMilliseconds, Promise.resolve(result), away);
      } catch (error) {
        const refusal = toRefusal(error);
        // The driver would first wait for a rollback that a dead connection never confirms.
        if (refusal !== error || isLost(error)) fail(refusal);
        throw refusal;
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

  async function begin<T>(work: (tx: Inside) => Promise<T>): Promise<T> {
    let expired = false;
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    failed.catch(() => {});
    const { promise: begun, resolve: started } = Promise.withResolvers<void>();
    const whole = pool().begin.bind(pool());
    let result: Promise<T> | undefined;
    await run(
      () => {
        result = whole((tx) => {
          if (expired) throw away();
          started();
          return work(insideOf(tx, fail));
        }) as Promise<T>;
        return Promise.race([begun, result.then(() => {})]);
      },
      () => {
        expired = true;
        result?.catch(() => {});
      },
    );
    try {
      return await Promise.race([result as Promise<T>, failed]);
    } catch (error) {
      (result as Promise<T>).catch(() => {});
      if (isLost(error) || isLost((error as Error).cause)) health().doubt();
      throw toRefusal(error);
    }
  }

  return {
    run,
    /** Refuses whatever waits or runs: its connections are known to be gone. */
    refuseAll() {
      for (const reject of outstanding) reject(away());
    },
    /** What drizzle needs of postgres.js. */
    client: (options: Sql["options"]) => ({ options, unsafe: toUnsafe(pool, runQuery), begin }),
  };
}

/** A query of postgres.js starts when it is awaited; so does this one, under guard. */
const toUnsafe = (
  target: () => Pick<Sql, "unsafe">,
  runQuery: <T>(query: Query, result: PromiseLike<T>) => Promise<T>,
) =>
  ((...args: Parameters<Sql["unsafe"]>) => {
    const query = target().unsafe(...args);
    return {
      values: () => runQuery(query, query.values()),
      // biome-ignore lint/suspicious/noThenProperty: drizzle awaits what `unsafe` gives
      then: (...handlers: Parameters<Promise<unknown>["then"]>) => runQuery(query, query).then(...handlers),
    };
  }) as unknown as Sql["unsafe"];
