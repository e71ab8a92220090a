import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { findForm } from "../catalogue/compiled-forms";
import { countVisitorMails, type NewDelivery } from "../queries";
import type { Channel, DeliveryState } from "../tables";

type Judged = { id: string; form: string; emailNormalised: string | null };

/** One confirmation per form and day, three over all forms: a form must not become a way to flood a mailbox. */
const VISITOR_MAILS_PER_FORM = 1;
const VISITOR_MAILS_IN_ALL = 3;

/**
 * Who hears of a message: each owner address, and the visitor where the form confirms.
 * What cannot be sent is planned all the same, as `skipped` or `suppressed`, so that it can be seen.
 */
export async function planDeliveries(
  { config, mail }: Pick<Kernel, "config" | "mail">,
  tx: Db,
  submission: Judged,
): Promise<NewDelivery[]> {
  const plan = (channel: Channel, target: string, state: DeliveryState): NewDelivery => ({
    id: Bun.randomUUIDv7(),
    submissionId: submission.id,
    channel,
    target,
    state,
  });
  const reachable = mail.available ? "queued" : "skipped";

  const owners = [...new Set(config.NOTIFY_EMAIL)];
  const planned = owners.map((address) => plan("owner_email", address, reachable));
  if (owners.length === 0) planned.push(plan("owner_email", "", "skipped"));

  const visitor = submission.emailNormalised;
  const confirms =
    findForm(submission.form)?.definition.confirmation && config.FORMS_CONFIRMATION.includes(submission.form);
  if (visitor && confirms) {
    const sent = await countVisitorMails(tx, visitor, submission.form);
    const capped = sent.form >= VISITOR_MAILS_PER_FORM || sent.all >= VISITOR_MAILS_IN_ALL;
    planned.push(plan("visitor_email", visitor, capped ? "suppressed" : reachable));
  }
  return planned;
}
