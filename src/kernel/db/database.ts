import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { DatabaseMeter } from "./database-meter";

/** A connection or a transaction, of either driver. A parameter called `tx` must be a transaction. */
export type Db = PgDatabase<PgQueryResultHKT>;

export type Row = Record<string, unknown>;

/** SQL as text with `$1` placeholders: the shape that pg-boss and the rate limiter take. */
export type Executor = { executeSql(text: string, values?: unknown[]): Promise<{ rows: Row[] }> };

/** The open database. Same dialect, same migrations, whether embedded (PGlite) or PostgreSQL. */
export type Database = Executor & {
  kind: "embedded" | "postgres";
  db: Db;
  /**
   * SQL as text, for the two libraries that bring their own (pg-boss, the rate limiter). Several statements
   * in one text only without values; a transaction that they open and fail to end is rolled back.
   */
  executeSql: Executor["executeSql"];
  /** One connection for long work (migrations): no statement limit, nobody else between its statements. */
  exclusive<T>(work: (connection: Executor) => Promise<T>): Promise<T>;
  /** Whether it answers, within two seconds. */
  check(): Promise<{ ok: boolean; detail: string }>;
  /** Whether the disk has room for more. PostgreSQL decides that itself, so there it is always true. */
  hasRoom(): boolean;
  /** From now on tells this of all work; gives how many statements and transactions wait or run. */
  meter(told: DatabaseMeter): () => number;
  /** Ends what is under way and leaves no handle. May be called twice. */
  close(): Promise<void>;
};
