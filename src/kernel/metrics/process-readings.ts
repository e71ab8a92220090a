import { readdirSync } from "node:fs";
import { commit, version } from "../version";
import type { Metrics, Readings } from "./create-metrics";

const startedAt = Date.now() / 1000 - process.uptime();

/**
 * The process under Prometheus' usual names. prom-client's own collectors stay out: under Bun those of Node
 * (lag, heap spaces, handles, garbage collection) answer nothing, or NaN and 9e9.
 */
export function readProcess(metrics: Metrics, database: string): void {
  metrics.read("process", () => {
    const { user, system } = process.cpuUsage();
    return {
      process_cpu_seconds_total: only((user + system) / 1e6),
      process_resident_memory_bytes: only(process.memoryUsage.rss()),
      process_start_time_seconds: only(startedAt),
      gatehouse_build_info: [{ labels: { version, commit, database }, value: 1 }],
      ...openFiles(),
    };
  });
}

/** Linux alone tells them. */
function openFiles(): Readings {
  try {
    return { process_open_fds: only(readdirSync("/proc/self/fd").length) };
  } catch {
    return {};
  }
}

const only = (value: number) => [{ labels: {}, value }];
