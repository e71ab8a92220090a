export { type AuditEvent, audit, type Origin } from "./audit";
export { originOf } from "./origin";
