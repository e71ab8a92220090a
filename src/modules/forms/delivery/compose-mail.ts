import type { MailMessage } from "#/kernel/mail";
import { findForm } from "../catalogue/compiled-forms";
import { chooseLanguage } from "../intake/negotiate";
import type { Delivery, Submission } from "../queries";
import { receivedAt } from "../received-at";
import { ownerMail } from "./owner-mail";
import { visitorMail } from "./visitor-mail";

/**
 * The mail of one delivery: to the team, with the visitor as Reply-To; or the team's own words to the visitor, in
 * the language the form was answered in. Undefined when the form, or its confirmation, is no longer there.
 */
export function composeMail(
  { channel, target }: Pick<Delivery, "channel" | "target">,
  submission: Submission,
): MailMessage | undefined {
  const definition = findForm(submission.form)?.definition;
  if (!definition) return undefined;
  if (channel === "visitor_email") {
    const language = chooseLanguage(submission.language, null, definition.language);
    return definition.confirmation && visitorMail(definition.confirmation, language, target);
  }
  const { id, fields, replyTo, subject, score, reasons } = submission;
  return ownerMail({
    form: definition,
    to: [target],
    submission: { id, receivedAt: receivedAt(id), fields },
    ...(replyTo !== null && { replyTo }),
    ...(subject !== null && { subject }),
    ...(score !== null && { spam: { score, reasons: reasons.map(({ text }) => text) } }),
  });
}
