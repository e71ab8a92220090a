import type { Config } from "#/kernel/config";
import type { MailMessage } from "#/kernel/mail";
import { findForm } from "./compiled-forms";
import type { Delivery, Submission } from "./queries";
import { receivedAt } from "./received-at";

/** The mail of one delivery: to the team with the visitor as Reply-To, or the team's own words to the visitor. */
export function composeMail(
  _config: Pick<Config, "PUBLIC_URL">,
  delivery: Pick<Delivery, "channel" | "target">,
  submission: Submission,
): MailMessage {
  const form = findForm(submission.form)?.definition;
  return { to: [delivery.target], subject: form?.slug ?? "", text: receivedAt(submission.id).toISOString() };
}
