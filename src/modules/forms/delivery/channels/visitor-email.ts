import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { chooseLanguage } from "../../intake/negotiate";
import { countVisitorMails } from "../../queries";
import { visitorMail } from "../visitor-mail";
import type { ChannelSender, Destination, Judged } from "./channel";

/** One confirmation per form and day, three over all forms: a form must not become a way to flood a mailbox. */
const VISITOR_MAILS_PER_FORM = 1;
const VISITOR_MAILS_IN_ALL = 3;

/** The team's own words to the visitor, in the language the form was answered in, where it or FORMS_CONFIRMATION asks for it. */
export const visitorEmail: ChannelSender = {
  channel: "visitor_email",
  tells: "inbox",

  async plan({ config, mail }, tx, judged) {
    const asked = judged.filter(
      ({ submission, form }) =>
        submission.emailNormalised !== null &&
        form.confirmation &&
        (form.deliver?.includes("visitor_email") || config.FORMS_CONFIRMATION.includes(submission.form)),
    );
    const destinations: Destination[] = [];
    for (const one of asked) destinations.push(await planOne({ mail }, tx, one, destinations));
    return destinations;
  },

  async send({ kernel, delivery, submission, form }) {
    if (!form.confirmation)
      return { kind: "refused", why: { code: "gone", text: "The form confirms no more" } };
    const language = chooseLanguage(submission.language, null, form.language);
    return kernel.mail.send(visitorMail(form.confirmation, language, delivery.target), delivery.id);
  },
};

/** `planned`: what this judging has promised already, and the table does not hold yet. */
async function planOne(
  { mail }: Pick<Kernel, "mail">,
  tx: Db,
  { submission }: Judged,
  planned: readonly Destination[],
): Promise<Destination> {
  const target = submission.emailNormalised as string;
  const sent = await countVisitorMails(tx, target, submission.form);
  const also = planned.filter((one) => one.target === target && one.fate === "ready").length;
  const capped = sent.form + also >= VISITOR_MAILS_PER_FORM || sent.all + also >= VISITOR_MAILS_IN_ALL;
  const fate = capped ? "suppressed" : mail.available ? "ready" : "skipped";
  return { submissionId: submission.id, target, fate };
}
