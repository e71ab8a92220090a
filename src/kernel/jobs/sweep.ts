import type { Database } from "#/kernel/db";
import type { Log } from "#/kernel/log";
import { jobsSchema, nameOf } from "./boss";
import { findUnreportedDeaths } from "./dead-letters";

const everySeconds = 60;

/**
 * Once a minute: says which jobs died together with their processes, and on the embedded database, which has
 * no autovacuum, removes the dead rows that every claim and deletion leaves behind.
 */
export function startSweep(database: Database, log: Log): { stop(): Promise<void> } {
  const sweep = async () => {
    try {
      for (const { job, id } of await findUnreportedDeaths(database, everySeconds)) {
        log("error", "jobs.dead", { job, id, error: "ProcessDied" });
      }
      if (database.kind === "embedded") await database.executeSql(`vacuum ${jobsSchema}.job_common`);
    } catch (error) {
      log("warn", "jobs.sweep_failed", { error: nameOf(error) });
    }
  };

  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, everySeconds * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
