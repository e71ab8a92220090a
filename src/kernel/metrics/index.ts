export type { Counter, Histogram } from "./cells";
export { createMetrics, type Metrics } from "./create-metrics";
export { metricsTable } from "./document-metrics";
export { readProcess } from "./process-readings";
export { metricsType } from "./render-metrics";
export { watchEventLoop } from "./watch-event-loop";
