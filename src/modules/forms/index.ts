import type { Module } from "#/kernel/module";
import { deliveryJobs } from "./delivery/deliver-submission";
import { purgeKeys } from "./intake/purge-keys";
import { expireUnconfirmed } from "./opt-in/expire-unconfirmed";
import { processCaptcha } from "./screening/process-captcha";
import { processSubmission } from "./screening/process-submission";
import { purgeTokens } from "./screening/purge-tokens";

export { compiledForms } from "./catalogue/compiled-forms";
export { sendgridEvents } from "./delivery/sendgrid-events";
export { webhooks } from "./delivery/webhook-routes";
export { countInbox, countSubmissionsFrom } from "./inbox/count-submissions";
export { type ExportFormat, exportFormats, exportSubmissions } from "./inbox/export-submissions";
export { inbox, submissionErasure } from "./inbox/inbox-routes";
export { optInPages } from "./opt-in/opt-in-routes";
export { openIntake, publicForms } from "./routes";
export { visitorChecks } from "./screening/check-routes";
export { spamRules } from "./screening/rules-routes";
export { seedSubmissions } from "./seed-submissions";
export { waitlistPages } from "./waitlist/waitlist-pages";
export { waitlistInvitations, waitlistTeam } from "./waitlist/waitlist-routes";

/** What visitors send: intake, screening, deliveries. */
export const forms: Module = {
  name: "forms",
  jobs: [processSubmission, processCaptcha, ...deliveryJobs, expireUnconfirmed, purgeKeys, purgeTokens],
};
