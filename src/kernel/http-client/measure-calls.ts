import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { Breakers } from "./breakers";
import type { HttpCall, HttpResult } from "./contract";

/** One line and one count for each call: who, what, how it ended, how long; never where to, nor anything that was said. */
export function measureCalls({ log, metrics }: { log: Log; metrics: Metrics }, breakers: Breakers) {
  const seen = new Set<string>();
  metrics.read("integrations", () => ({
    integration_breaker_open: [...seen].map((name) => ({
      labels: { name },
      value: breakers.countOpen(name),
    })),
  }));

  return ({ integration, operation }: HttpCall, result: HttpResult, ms: number): void => {
    seen.add(integration);
    const name = integration;
    const outcome = result.kind === "failed" ? result.code : `${Math.floor(result.status / 100)}xx`;
    metrics.counter("integration_calls_total", { name, operation, outcome }).add();
    if (outcome !== "breaker" && outcome !== "busy")
      metrics.histogram("integration_seconds", { name, operation }).observe(ms / 1000);
    log(outcome === "2xx" ? "info" : "warn", "integration.called", {
      integration,
      operation,
      ...(result.kind === "failed" ? { code: result.code } : { status: result.status }),
      ms: Math.round(ms),
    });
  };
}
