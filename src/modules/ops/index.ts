export { probes } from "./routes";
