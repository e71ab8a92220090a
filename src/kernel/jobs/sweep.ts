import type { Log } from "#/kernel/log";
import { nameOf } from "./boss";
import type { Store } from "./store";

const everySeconds = 60;

/** Once a minute: says which jobs died together with their processes. */
export function startSweep(store: Store, log: Log, onDead: (job: string) => void): { stop(): Promise<void> } {
  const sweep = async () => {
    try {
      for (const { job, id } of await store.listSilentDeaths(everySeconds)) {
        log("error", "jobs.dead", { job, id, error: "ProcessDied" });
        onDead(job);
      }
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
