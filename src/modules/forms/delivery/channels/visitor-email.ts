import { chooseLanguage } from "../../intake/negotiate";
import { capVisitorMails } from "../cap-visitor-mails";
import { sendVisitorMail } from "../send-visitor-mail";
import { visitorMail } from "../visitor-mail";
import type { ChannelSender } from "./channel";

/** The team's own words to the visitor, in the language the form was answered in, where it or FORMS_CONFIRMATION asks for it. */
export const visitorEmail: ChannelSender = {
  channel: "visitor_email",
  tells: "inbox",

  plan(kernel, tx, judged) {
    const asked = judged.flatMap(({ submission: { id, form: slug, emailNormalised }, form }) =>
      emailNormalised !== null &&
      form.confirmation &&
      (form.deliver?.includes("visitor_email") || kernel.config.FORMS_CONFIRMATION.includes(slug))
        ? [{ submissionId: id, form: slug, target: emailNormalised }]
        : [],
    );
    return capVisitorMails(kernel, tx, "visitor_email", asked);
  },

  async send({ kernel, delivery, submission, form }) {
    if (!form.confirmation)
      return { kind: "refused", why: { code: "gone", text: "The form confirms no more" } };
    const language = chooseLanguage(submission.language, null, form.language);
    return sendVisitorMail(kernel, visitorMail(form.confirmation, language, delivery.target), delivery.id);
  },
};
