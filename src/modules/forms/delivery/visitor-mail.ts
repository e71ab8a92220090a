import type { MailMessage } from "#/kernel/mail";
import { type Html, html } from "#/kernel/pages";
import type { FormDefinition } from "../catalogue/form-definition";
import { inLanguage, type Language } from "../pages/languages";
import { renderMail } from "./mail-layout";

/**
 * The team's own words to the visitor. It is not given the submission: whoever types a stranger's address into a form
 * must not have words of theirs delivered to that stranger.
 */
export function visitorMail(
  confirmation: NonNullable<FormDefinition["confirmation"]>,
  language: Language,
  to: string,
): MailMessage & { to: readonly [string] } {
  const subject = inLanguage(confirmation.subject, language);
  const text = inLanguage(confirmation.text, language);
  const html = renderMail(language, toParagraphs(text));
  return { to: [to], subject, text, language, category: "forms", html };
}

/** Blank lines part paragraphs; single line ends stay where they are. */
function toParagraphs(text: string): Html {
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => html`<p style="white-space:pre-line">${paragraph}</p>\n`);
  return html`${paragraphs}`;
}
