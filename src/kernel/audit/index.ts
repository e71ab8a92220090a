export { audit, type Origin } from "./audit";
export { auditState, measureAudit } from "./audit-state";
export { auditJobs } from "./jobs";
export { type AuditRecord, type EventFilters, listEvents, recentEventsOf } from "./list-events";
export { originOf } from "./origin";
export { startSealing } from "./start-sealing";
export { type Break, verifyChain } from "./verify-chain";
