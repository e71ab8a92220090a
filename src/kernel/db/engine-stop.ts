import type { PGlite } from "@electric-sql/pglite";

/** The engine ended inside a statement, for good: PostgreSQL's PANIC, or a fault of the WebAssembly itself. */
export class EngineStopped extends Error {
  override readonly name = "EngineStopped";
}

/** What PGlite 0.5.16 calls of its module for each message: `test/kernel/db/engine-stop.test.ts` pins it. */
type Loop = {
  _PostgresMainLoopOnce(): void;
  _PostgresMainLongJmp(): void;
  _PostgresSendReadyForQueryIfNecessary(): void;
  _pgl_pq_flush(): void;
};

/**
 * Makes a stop known. PGlite drops whatever a message throws unless it is PostgreSQL's own jump out of an error, and
 * goes on with the next message; after a PANIC that one waits for a lock that nobody will give back, in a loop that
 * holds the whole process. From the first such throw on, this engine answers every message with `EngineStopped`.
 */
export function failForGood(engine: PGlite): void {
  const loop = engine.Module as unknown as Loop;
  const { POSTGRES_MAIN_LONGJMP: status } = engine as unknown as { POSTGRES_MAIN_LONGJMP: number };
  const jump = { status };
  const once = loop._PostgresMainLoopOnce;

  loop._PostgresMainLoopOnce = () => {
    try {
      once();
    } catch (error) {
      if ((error as { status?: unknown }).status === status) throw error;
      // The one throw that PGlite hands to a function of the module, from which it reaches the caller.
      loop._PostgresMainLongJmp = () => {
        throw new EngineStopped("The database engine has stopped", { cause: error });
      };
      loop._PostgresMainLoopOnce = () => {
        throw jump;
      };
      loop._PostgresSendReadyForQueryIfNecessary = () => {};
      loop._pgl_pq_flush = () => {};
      throw jump;
    }
  };
}
