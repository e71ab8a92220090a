import type { Metrics } from "../metrics";
import type { Database } from "./database";

/** Counts what the database does and refuses; the series of the hot path are made here, once. */
export function measureDatabase(metrics: Metrics, database: Pick<Database, "kind" | "meter">): void {
  const { kind } = database;
  const waits = metrics.histogram("database_wait_seconds", { kind });
  const work = {
    statement: metrics.histogram("database_seconds", { kind, work: "statement" }),
    transaction: metrics.histogram("database_seconds", { kind, work: "transaction" }),
  };
  const outstanding = database.meter({
    waited: waits.observe,
    took: (what, seconds) => work[what].observe(seconds),
    refused: (reason) => metrics.counter("database_refusals_total", { kind, reason }).add(),
  });
  metrics.read("database", () => ({ database_outstanding: [{ labels: { kind }, value: outstanding() }] }));
}
