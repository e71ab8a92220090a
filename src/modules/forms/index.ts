import type { Module } from "#/kernel/module";
import { watchForms } from "./catalogue/watch-forms";
import { deliverSubmission } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { purgeExpired } from "./retention/purge-expired";
import { processSubmission } from "./screening/process-submission";

export { compiledForms } from "./catalogue/compiled-forms";
export { originsByPath } from "./catalogue/form-origins";
export { formEditing, formReading } from "./catalogue/form-routes";
export { formsOf } from "./catalogue/forms-registry";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { inbox, submissionErasure } from "./inbox/inbox-routes";
export { retention } from "./retention/retention-routes";
export { openIntake, publicForms } from "./routes";
export { seedSubmissions } from "./seed-submissions";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = {
  name: "forms",
  jobs: [processSubmission, deliverSubmission, purgeKeys, purgeExpired],
  start: watchForms,
};
