import { migrationStatus } from "#/kernel/db";
import { unavailable } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";

/** Asks the database itself. Refuses with 503 `unavailable` when it does not answer. */
export async function checkDatabase({ database }: Pick<Kernel, "database">) {
  const began = performance.now();
  const { ok } = await database.check();
  if (!ok) throw unavailable("The database does not answer");
  const { applied, pending } = await migrationStatus(database);
  return {
    status: "ok" as const,
    latency_ms: Math.round(performance.now() - began),
    engine: database.kind,
    migrations: { applied: applied.length, pending: pending.length },
  };
}
