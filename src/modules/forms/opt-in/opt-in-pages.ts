import { attributes, type Html, html } from "#/kernel/pages";
import { type Language, wordsOf } from "../pages/languages";
import { renderEntry } from "../waitlist/render-entry";
import type { ShownEntry } from "../waitlist/show-entry";

type Page = { title: string; content: Html };

/** Asks whether it was them. Opening it changes nothing, because scanners of mail open links; its buttons act. */
export function renderQuestion(token: string, form: string, language: Language): Page {
  const { askTitle, askText, confirm, notMe, decline } = wordsOf(language).optIn;
  const content = html`<p>${askText(form)}</p>
${button(`/f/-/confirm/${token}`, confirm)}<p class="soft">${notMe}</p>
${button(`/f/-/confirm/${token}/decline`, decline)}`;
  return { title: askTitle, content };
}

/** `entry` for the waitlist, with the link to its page. */
export function renderConfirmed(
  language: Language,
  entry?: { shown: typeof ShownEntry.static; statusLink: string },
): Page {
  const { optIn, waitlist } = wordsOf(language);
  const content = entry
    ? html`${renderEntry(entry.shown, language)}<p><a${attributes({ href: entry.statusLink })}>${waitlist.status}</a></p>\n`
    : html`<p>${optIn.confirmedText}</p>\n`;
  return { title: optIn.confirmedTitle, content };
}

export function renderDeclined(language: Language): Page {
  const { declinedTitle, declinedText } = wordsOf(language).optIn;
  return { title: declinedTitle, content: html`<p>${declinedText}</p>\n` };
}

export function renderSentAgain(language: Language): Page {
  const { againTitle, againText } = wordsOf(language).optIn;
  return { title: againTitle, content: html`<p>${againText}</p>\n` };
}

/** A refusal in words, where there are any for it; an expired link offers a new one. */
export function explainRefusal(token: string, code: string, language: Language): Page | undefined {
  const { optIn, problems } = wordsOf(language);
  if (code === "link_expired") {
    const again = button(`/f/-/confirm/${token}/again`, optIn.again);
    return { title: optIn.expiredTitle, content: html`<p>${optIn.expiredText}</p>\n${again}` };
  }
  if (code === "link_declined") return renderDeclined(language);
  if (code === "not_found")
    return { title: optIn.unknownTitle, content: html`<p>${optIn.unknownText}</p>\n` };
  if (code !== "rate_limited") return;
  const { title, text } = problems.rate_limited;
  return { title, content: html`<p>${text}</p>\n` };
}

const button = (action: string, text: string): Html =>
  html`<form method="post"${attributes({ action })}><p><button type="submit">${text}</button></p></form>\n`;
