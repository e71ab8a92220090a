export type { Alert, Alerts } from "./contract";
export { createAlerts } from "./create-alerts";
export { raiseDeadJob } from "./raise-dead-job";
export { sendAlert } from "./send-alert";
