import type { Metrics } from "#/kernel/metrics";
import type { Store } from "./store";

type Queues = { names: readonly string[]; running: () => ReadonlyMap<string, number> };

/** How many jobs wait, run and were given up, asked when the metrics are. */
export function measureJobs(metrics: Metrics, store: Store, { names, running }: Queues): void {
  metrics.read("jobs", async () => {
    const queues = await store.listQueues(names);
    const by = (value: (figures: (typeof queues)[number]) => number) =>
      queues.map((figures) => ({ labels: { queue: figures.queue }, value: value(figures) }));
    return {
      jobs_waiting: by(({ waiting }) => waiting),
      jobs_oldest_seconds: by(({ oldestSeconds }) => oldestSeconds),
      jobs_dead: by(({ dead }) => dead),
    };
  });
  // Apart: known also while the database is away.
  metrics.read("workers", () => ({
    jobs_running: [...running()].map(([queue, value]) => ({ labels: { queue }, value })),
  }));
}
