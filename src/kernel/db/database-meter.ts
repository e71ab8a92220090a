import { AppError } from "#/kernel/errors";
import { isLost } from "./postgres-faults";

/** Told of everything that the database is asked. Times in seconds. */
export type DatabaseMeter = {
  /** A transaction got its turn: a connection, or the embedded engine. */
  waited(seconds: number): void;
  took(work: "statement" | "transaction", seconds: number): void;
  refused(reason: Refused): void;
};

/** `away`: no connection, or no answer in time. `busy`: it answers, but cannot. `full`: too much waits already. */
type Refused = "away" | "busy" | "full";

/** Times work for whoever has asked to be told, and counts what is under way. */
export function createMetering() {
  let meter: DatabaseMeter | undefined;
  let underWay = 0;

  return {
    meter(told: DatabaseMeter): () => number {
      meter = told;
      return () => underWay;
    },
    /** `work` says when its turn has come. */
    async time<T>(what: "statement" | "transaction", work: (begun: () => void) => Promise<T>): Promise<T> {
      const began = performance.now();
      const since = () => (performance.now() - began) / 1000;
      underWay += 1;
      try {
        return await work(() => meter?.waited(since()));
      } catch (error) {
        const reason = refusedBecause(error);
        if (reason) meter?.refused(reason);
        throw error;
      } finally {
        underWay -= 1;
        meter?.took(what, since());
      }
    },
  };
}

/** The error of `unavailable`, by what it was made of; a statement at fault is no refusal. */
function refusedBecause(error: unknown): Refused | undefined {
  if (!(error instanceof AppError) || error.status !== 503) return;
  if (error.cause === tooMany) return "full";
  return error.cause instanceof Error && "code" in error.cause && !isLost(error.cause) ? "busy" : "away";
}

/** The cause of a refusal because of what waits already. */
export const tooMany = new Error("Too many queries wait");
