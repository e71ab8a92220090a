import type { PGlite, Transaction } from "@electric-sql/pglite";
import { unavailable } from "#/kernel/errors";
import type { Log } from "#/kernel/log";
import { createMetering } from "./database-meter";
import { toRefusal } from "./postgres-faults";

type Query = Pick<Transaction, "query">;

/**
 * Tells a statement that failed from an engine that died. After a failed write to its log PostgreSQL stops for
 * good; here every later query is then answered with 503, and a restart of the process recovers.
 */
export function guardEngine(engine: PGlite, log: Log) {
  let dead = false;
  const { time, meter } = createMetering();

  const translate = (error: unknown): unknown => {
    const { name } = error as { name?: string };
    if (!(error instanceof WebAssembly.RuntimeError) && name !== "ExitStatus" && !engine.closed)
      return toRefusal(error);
    if (!dead) log("error", "database.engine_stopped", { error: name });
    dead = true;
    return unavailable("Cannot reach the database", 30, error);
  };

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw unavailable("Cannot reach the database", 30);
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  };

  const runTimed = <T>(work: () => Promise<T>): Promise<T> => time("statement", () => run(work));

  const guardQueries = (target: Query, guarded: typeof run): Query => ({
    query: (text, values, options) => guarded(() => target.query(text, values, options)),
  });

  return {
    run: runTimed,
    meter,
    failed: () => dead,
    /** What drizzle needs of PGlite. */
    client: {
      ...guardQueries(engine, runTimed),
      transaction: <T>(work: (tx: Query) => Promise<T>) =>
        time("transaction", (begun) =>
          run(() =>
            engine.transaction((tx) => {
              begun();
              return work(guardQueries(tx, run));
            }),
          ),
        ),
    },
  };
}
