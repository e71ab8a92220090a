import { Elysia } from "elysia";
import type { Kernel } from "#/kernel/kernel";
import { sendgridEvents } from "./delivery/sendgrid-events";
import { optInPages } from "./opt-in/opt-in-routes";
import { type Intake, publicForms } from "./routes";
import { visitorChecks } from "./screening/check-routes";
import { waitlistPages } from "./waitlist/waitlist-pages";

/** What visitors and vendors call without an account. */
export const formsForEverybody = (kernel: Kernel, intake: Intake) =>
  new Elysia({ name: "forms.everybody" })
    .use(publicForms(kernel, intake))
    .use(visitorChecks(kernel))
    .use(optInPages(kernel))
    .use(waitlistPages(kernel))
    .use(sendgridEvents(kernel));
