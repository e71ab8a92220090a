import type { MailMessage } from "#/kernel/mail";
import { attributes, html } from "#/kernel/pages";
import type { Language } from "../pages/languages";
import { renderMail } from "./mail-layout";

/** A mail of fixed words around one link: what stands before the link, what the link says, and what follows. */
export type LinkMail = { subject: string; before: string; action: string; after: string };

export function wordedMail(
  { subject, before, action, after }: LinkMail,
  language: Language,
  to: string,
  link: string,
): MailMessage & { to: readonly [string] } {
  const body = html`<p>${before}</p>
<p><a${attributes({ href: link })}>${action}</a></p>
<p style="overflow-wrap:anywhere">${link}</p>
<p>${after}</p>
`;
  const text = `${before}\n\n${link}\n\n${after}\n`;
  return { to: [to], subject, text, language, html: renderMail(language, body) };
}
