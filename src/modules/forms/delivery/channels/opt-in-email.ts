import { chooseLanguage } from "../../intake/negotiate";
import { issueLink, linkAddress, linkDays } from "../../opt-in/links";
import { inLanguage } from "../../pages/languages";
import { capVisitorMails } from "../cap-visitor-mails";
import { mailWordsOf } from "../mail-words";
import { sendVisitorMail } from "../send-visitor-mail";
import { wordedMail } from "../worded-mail";
import type { ChannelSender } from "./channel";

/**
 * The link by which a visitor says that the address is theirs. Holds nothing of what was typed: whoever types a
 * stranger's address must not have words of theirs delivered to that stranger.
 */
export const optInEmail: ChannelSender = {
  channel: "opt_in_email",
  tells: "pending",

  plan(kernel, tx, judged) {
    const asked = judged.flatMap(({ submission: { id, form, emailNormalised } }) =>
      emailNormalised === null ? [] : [{ submissionId: id, form, target: emailNormalised }],
    );
    return capVisitorMails(kernel, tx, "opt_in_email", asked);
  },

  async send({ kernel, delivery, submission, form }) {
    if (submission.state !== "pending")
      return { kind: "refused", why: { code: "gone", text: "The message waits for nobody any more" } };
    const token = await issueLink(kernel, delivery);
    const language = chooseLanguage(submission.language, null, form.language);
    const words = mailWordsOf(language).optIn(inLanguage(form.title, language, form), linkDays);
    const link = linkAddress(kernel.config, `confirm/${token}`);
    return sendVisitorMail(kernel, wordedMail(words, language, delivery.target, link), delivery.id);
  },
};
