import type { PostgresServer } from "../support/postgres";
import type { Line } from "./table";

/** What every section is given. */
export type Bench = {
  rounds: number;
  /** Of one measured load. */
  seconds: number;
  /** Throws where none is installed; a section that asks for it has `postgres` among its needs. */
  postgres(): PostgresServer;
  /** Says in the report why a part of a section has no figures here. */
  leaveOut(reason: string): void;
};

/** Programs that not every machine has. */
export type Need = "wrk" | "pgbench" | "a PostgreSQL server";

export type Section = {
  name: string;
  needs: readonly Need[];
  /** Runs only when `BENCH_ONLY` names it: it takes longer than all others together. */
  onRequest?: boolean;
  measure(bench: Bench): Promise<Line[]>;
};
