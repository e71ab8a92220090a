import type { Transaction } from "@electric-sql/pglite";
import { unavailable } from "#/kernel/errors";
import { createMetering } from "./database-meter";
import { toRefusal } from "./postgres-faults";
import type { Engine, EngineAtWork } from "./replace-engine";

type Query = Pick<Transaction, "query">;

/** Seconds: a new engine takes less than one, room on the disk may take longer. */
const retryAfter = 5;

/**
 * Tells a statement that failed from an engine that stopped: after a failed write to its log PostgreSQL stops for good.
 * Until another one is at work everything is refused with 503.
 */
export function guardEngine(engines: EngineAtWork) {
  const { time, meter } = createMetering();

  const translate = (engine: Engine, error: unknown): unknown => {
    const { name } = error as { name?: string };
    const hasStopped =
      name === "EngineStopped" || name === "ExitStatus" || error instanceof WebAssembly.RuntimeError;
    if (!hasStopped && !engine.closed) return toRefusal(error);
    engines.stopped(engine);
    return unavailable("Cannot reach the database", retryAfter, error);
  };

  const runOn = async <T>(engine: Engine, work: (engine: Engine) => Promise<T>): Promise<T> => {
    try {
      return await work(engine);
    } catch (error) {
      throw translate(engine, error);
    }
  };

  const run = async <T>(work: (engine: Engine) => Promise<T>): Promise<T> => {
    const engine = engines.current();
    if (!engine) throw unavailable("Cannot reach the database", retryAfter);
    return runOn(engine, work);
  };

  const runTimed = <T>(work: (engine: Engine) => Promise<T>): Promise<T> =>
    time("statement", () => run(work));

  const queryOf = (engine: Engine, tx: Query): Query => ({
    query: (text, values, options) => runOn(engine, () => tx.query(text, values, options)),
  });

  return {
    run: runTimed,
    meter,
    /** What drizzle needs of PGlite. */
    client: {
      query: ((text, values, options) =>
        runTimed((engine) => engine.query(text, values, options))) as Query["query"],
      transaction: <T>(work: (tx: Query) => Promise<T>) =>
        time("transaction", (begun) =>
          run((engine) =>
            engine.transaction((tx) => {
              begun();
              return work(queryOf(engine, tx));
            }),
          ),
        ),
    },
  };
}
