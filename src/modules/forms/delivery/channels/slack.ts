import { inLanguage } from "../../pages/languages";
import { mailWordsOf } from "../mail-words";
import { languageOf, shownFields } from "../shown-fields";
import type { ChannelSender } from "./channel";

/** To the team's chat, for forms that name it in `deliver`. The port escapes what the visitor wrote. */
export const slack: ChannelSender = {
  channel: "slack",
  tells: "inbox",

  async plan({ chat }, _tx, judged) {
    const fate = chat.available ? "ready" : "skipped";
    return (
      judged
        .filter(({ form }) => form.deliver?.includes("slack"))
        // The canary tries the ways there are.
        .filter(({ submission }) => submission.kind !== "canary" || chat.available)
        .map(({ submission: { id } }) => ({
          submissionId: id,
          target: chat.available ? chat.name : "",
          fate,
        }))
    );
  },

  async send({ kernel, delivery, submission, form }) {
    const language = languageOf(form);
    const words = mailWordsOf(language);
    const result = await kernel.chat.post({
      title: words.subject(inLanguage(form.title, language, form)),
      facts: [
        ...shownFields(form, submission.fields, language).map(({ label, value }) => [label, value] as const),
        [words.number, submission.id],
      ],
    });
    return result.kind === "ok"
      ? { ...result, value: { messageId: result.remoteId ?? delivery.id } }
      : result;
  },
};
