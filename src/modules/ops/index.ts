export { metricsEndpoint } from "./metrics-endpoint";
export { probes } from "./routes";
