export type { Alert, Alerts } from "./contract";
export { createAlerts } from "./create-alerts";
