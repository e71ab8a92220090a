import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** A connection or a transaction, of either driver. A parameter called `tx` must be a transaction. */
export type Db = PgDatabase<PgQueryResultHKT>;

/** The open database. Same dialect, same migrations, whether embedded (PGlite) or PostgreSQL. */
export type Database = {
  kind: "embedded" | "postgres";
  db: Db;
  /** SQL as text, for the two libraries that bring their own (pg-boss, the rate limiter). */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** Whether it answers, within two seconds. */
  check(): Promise<{ ok: boolean; detail: string }>;
  close(): Promise<void>;
};
