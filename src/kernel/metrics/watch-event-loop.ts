import type { Metrics } from "./create-metrics";

const everyMs = 500;

/** Measures how late a timer comes: what holds the event loop holds every request. Gives the way to end it. */
export function watchEventLoop(metrics: Metrics): () => void {
  const lag = metrics.histogram("process_event_loop_lag_seconds", {});
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe(Math.max(now - due, 0) / 1000);
    due = now + everyMs;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
