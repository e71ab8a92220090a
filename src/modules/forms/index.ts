import type { Module } from "#/kernel/module";
import { deliverSubmission } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { processSubmission } from "./screening/process-submission";

export { compiledForms } from "./catalogue/compiled-forms";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { submissionExport } from "./inbox/export-routes";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { inbox, submissionErasure } from "./inbox/inbox-routes";
export { openIntake, publicForms } from "./routes";
export { spamModel } from "./screening/spam-model-routes";
export { seedSubmissions } from "./seed-submissions";
export { submissionStates } from "./tables";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = { name: "forms", jobs: [processSubmission, deliverSubmission, purgeKeys] };
