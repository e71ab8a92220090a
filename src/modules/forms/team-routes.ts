import { Elysia } from "elysia";
import type { Kernel } from "#/kernel/kernel";
import { formEditing, formReading } from "./catalogue/form-routes";
import { ledger } from "./delivery/delivery-routes";
import { webhooks } from "./delivery/webhook-routes";
import { submissionExport } from "./inbox/export-routes";
import { inbox, submissionErasure } from "./inbox/inbox-routes";
import { retention } from "./retention/retention-routes";
import { spamRules } from "./screening/rules-routes";
import { spamModel } from "./screening/spam-model-routes";
import { formTests } from "./trials/trial-routes";
import { waitlistInvitations, waitlistTeam } from "./waitlist/waitlist-routes";

/** What the team sees and does. One part for `app.ts`: TypeScript follows only so many of them in a row. */
export const formsForTheTeam = (kernel: Kernel) =>
  new Elysia({ name: "forms.team" })
    .use(inbox(kernel))
    .use(submissionExport(kernel))
    .use(submissionErasure(kernel))
    .use(spamModel(kernel))
    .use(spamRules(kernel))
    .use(ledger(kernel))
    .use(formTests(kernel))
    .use(waitlistTeam(kernel))
    .use(waitlistInvitations(kernel))
    .use(webhooks(kernel))
    .use(formReading(kernel))
    .use(formEditing(kernel))
    .use(retention(kernel));
