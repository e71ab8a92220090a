import type { Module } from "#/kernel/module";
import { deliverSubmission } from "./deliver-submission";
import { processSubmission } from "./process-submission";
import { purgeKeys } from "./purge-keys";

export { compiledForms } from "./compiled-forms";
export { countInbox, countSubmissionsFrom } from "./count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./export-submissions";
export { inbox, submissionErasure } from "./inbox-routes";
export { openIntake, publicForms } from "./routes";
export { seedSubmissions } from "./seed-submissions";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = { name: "forms", jobs: [processSubmission, deliverSubmission, purgeKeys] };
