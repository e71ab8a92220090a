import { receivedAt } from "../../received-at";
import { ownerMail } from "../owner-mail";
import type { ChannelSender, Judged } from "./channel";

/** To the team, with the visitor as Reply-To. Without an owner it is planned as `skipped`: nobody was told. */
export const ownerEmail: ChannelSender = {
  channel: "owner_email",
  tells: "inbox",

  async plan({ config, mail }, _tx, judged) {
    const fate = mail.available ? "ready" : "skipped";
    return judged.flatMap(({ submission: { id }, form }: Judged) => {
      const owners = [...new Set(form.notify ?? config.NOTIFY_EMAIL)];
      return owners.length === 0
        ? [{ submissionId: id, target: "", fate: "skipped" as const }]
        : owners.map((target) => ({ submissionId: id, target, fate }) as const);
    });
  },

  async send({ kernel, delivery, submission, form }) {
    const { id, fields, kind, replyTo, subject, score, reasons } = submission;
    const mail = ownerMail({
      form,
      to: [delivery.target],
      submission: { id, receivedAt: receivedAt(id), fields },
      isTest: kind === "test",
      ...(replyTo !== null && { replyTo }),
      ...(subject !== null && { subject }),
      ...(score !== null && { spam: { score, reasons: reasons.map(({ text }) => text) } }),
    });
    return kernel.mail.send(mail, delivery.id);
  },
};
