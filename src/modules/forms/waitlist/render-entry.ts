import { attributes, type Html, html } from "#/kernel/pages";
import { type Language, wordsOf } from "../pages/languages";
import type { ShownEntry } from "./show-entry";

/** One's place, how many friends came, and the link to share. */
export function renderEntry(entry: typeof ShownEntry.static, language: Language): Html {
  const words = wordsOf(language).waitlist;
  const write = (number: number) => new Intl.NumberFormat(language).format(number);
  const { position, total, amount_referred: friends, referral_link: link } = entry;
  const place = position === 0 ? words.invited : words.place(write(position), write(total));
  return html`<p>${place}</p>
${!entry.verified && html`<p>${words.unconfirmed}</p>\n`}${friends > 0 && html`<p>${words.friends(friends, write(friends))}</p>\n`}<p>${words.share}</p>
<p><a${attributes({ href: link })}>${link}</a></p>
`;
}
