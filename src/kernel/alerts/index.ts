export type { Alert, Alerts } from "./contract";
export { createAlerts } from "./create-alerts";
export { sendAlert } from "./send-alert";
