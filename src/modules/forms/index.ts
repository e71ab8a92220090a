import type { Module } from "#/kernel/module";
import { deliverSubmission, tendDeliveryLane } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { processSubmission } from "./screening/process-submission";
import { watchJudging } from "./screening/watch-judging";
import { checkCanary } from "./trials/check-canary";
import { sendCanary } from "./trials/send-canary";

export { compiledForms } from "./catalogue/compiled-forms";
export { ledger } from "./delivery/delivery-routes";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { inbox, submissionErasure } from "./inbox/inbox-routes";
export { openIntake, publicForms } from "./routes";
export { seedSubmissions } from "./seed-submissions";
export { readCanary } from "./trials/read-canary";
export { formTests } from "./trials/trial-routes";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = {
  name: "forms",
  jobs: [
    processSubmission,
    watchJudging,
    deliverSubmission,
    tendDeliveryLane,
    sendCanary,
    checkCanary,
    purgeKeys,
  ],
};
