import type { Module } from "#/kernel/module";
import { watchForms } from "./catalogue/watch-forms";
import { deliveryJobs, tendDeliveryLane } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { expireUnconfirmed } from "./opt-in/expire-unconfirmed";
import { purgeExpired } from "./retention/purge-expired";
import { processCaptcha } from "./screening/process-captcha";
import { processSubmission } from "./screening/process-submission";
import { purgeTokens } from "./screening/purge-tokens";
import { watchJudging } from "./screening/watch-judging";
import { checkCanary } from "./trials/check-canary";
import { sendCanary } from "./trials/send-canary";

export { compiledForms } from "./catalogue/compiled-forms";
export { originsByPath } from "./catalogue/form-origins";
export { formsOf } from "./catalogue/forms-registry";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { formsForEverybody } from "./public-routes";
export { openIntake } from "./routes";
export { seedSubmissions } from "./seed-submissions";
export { submissionStates } from "./tables";
export { formsForTheTeam } from "./team-routes";
export { readCanary } from "./trials/read-canary";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = {
  name: "forms",
  jobs: [
    processSubmission,
    processCaptcha,
    watchJudging,
    ...deliveryJobs,
    tendDeliveryLane,
    expireUnconfirmed,
    sendCanary,
    checkCanary,
    purgeKeys,
    purgeExpired,
    purgeTokens,
  ],
  start: watchForms,
};
