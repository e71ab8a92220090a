import type { PGlite } from "@electric-sql/pglite";
import { type Log, nameError } from "#/kernel/log";

/** What the database needs of an engine. */
export type Engine = Pick<PGlite, "query" | "exec" | "transaction" | "close" | "closed">;

type Replacing = {
  open: () => Promise<Engine>;
  /** A new one writes before it can free anything. */
  hasRoom: () => boolean;
  log: Log;
};

const againMilliseconds = 500;
/** An attempt that fails has held the process for half a second. */
const longestMilliseconds = 10_000;

/**
 * Keeps one engine at work: one that stopped is closed, and once there is room another is opened on the same files, as
 * after a crash. It looks twice a second, and less often after attempts that failed. The lock of the directory stays
 * with the process meanwhile.
 */
export function replaceEngine(first: Engine, { open, hasRoom, log }: Replacing) {
  let current: Engine | undefined = first;
  let closing = false;
  let replacing: Promise<void> = Promise.resolve();
  let wake = () => {};

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const replace = async (stopped: Engine): Promise<void> => {
    const since = performance.now();
    let wait = againMilliseconds;
    // It gives its files back; what it says of its end is known already.
    await stopped.close().catch(() => {});
    for (; !closing; await pause(wait)) {
      if (!hasRoom()) continue;
      try {
        current = await open();
        log("info", "database.engine_replaced", { ms: Math.round(performance.now() - since) });
        return;
      } catch (error) {
        wait = Math.min(2 * wait, longestMilliseconds);
        log("error", "database.engine_not_replaced", nameError(error));
      }
    }
  };

  return {
    /** The engine at work; undefined while there is none. */
    current: () => current,
    /** Tells that this engine has stopped. Later calls for the same one do nothing. */
    stopped(engine: Engine): void {
      if (engine !== current || closing) return;
      current = undefined;
      log("error", "database.engine_stopped");
      replacing = replace(engine);
    },
    async close(): Promise<void> {
      closing = true;
      wake();
      await replacing;
      await current?.close();
    },
  };
}

export type EngineAtWork = ReturnType<typeof replaceEngine>;
