import type { Module } from "#/kernel/module";
import { deliverSubmission } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { processCaptcha } from "./screening/process-captcha";
import { processSubmission } from "./screening/process-submission";
import { purgeTokens } from "./screening/purge-tokens";

export { compiledForms } from "./catalogue/compiled-forms";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { inbox, submissionErasure } from "./inbox/inbox-routes";
export { openIntake, publicForms } from "./routes";
export { visitorChecks } from "./screening/check-routes";
export { spamRules } from "./screening/rules-routes";
export { seedSubmissions } from "./seed-submissions";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = {
  name: "forms",
  jobs: [processSubmission, processCaptcha, deliverSubmission, purgeKeys, purgeTokens],
};
