import { chooseLanguage } from "../../intake/negotiate";
import { mailWordsOf } from "../mail-words";
import { sendVisitorMail } from "../send-visitor-mail";
import { wordedMail } from "../worded-mail";
import type { ChannelSender } from "./channel";

/** Tells somebody of the waitlist that it is their turn. The team asks for it, never a judgement. */
export const invitationEmail: ChannelSender = {
  channel: "invitation_email",
  tells: "inbox",

  plan: async () => [],

  async send({ kernel, delivery, submission, form }) {
    const { allowedOrigins, PUBLIC_URL, PORT } = kernel.config;
    const site = form.next ?? allowedOrigins.find((origin) => !origin.includes("*"));
    const language = chooseLanguage(submission.language, null, form.language);
    const link = site ?? PUBLIC_URL ?? `http://localhost:${PORT}`;
    const mail = wordedMail(mailWordsOf(language).invitation, language, delivery.target, link);
    return sendVisitorMail(kernel, mail, delivery.id);
  },
};
