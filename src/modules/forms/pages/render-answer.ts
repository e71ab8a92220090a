import { html, renderShell } from "#/kernel/pages";
import { type Language, wordsOf } from "./languages";
import { renderBackLink, renderOwner } from "./render-page";
import type { ProblemCode } from "./words";

type Frame = {
  language: Language;
  nonce: string;
  /** Where the link back leads: an http(s) URL or a path; no link for anything else. */
  site?: string | undefined;
};

/** What a visitor sees after sending, when no other place was named. */
export function renderThanksPage({ language, nonce, site }: Frame): string {
  const words = wordsOf(language);
  const body = html`<h1>${words.thanksTitle}</h1>\n<p>${words.thanksText}</p>\n${renderBackLink(site, language)}`;
  return renderShell({ title: words.thanksTitle, language, direction: words.direction, nonce, body });
}

/** A refusal that leaves no form to show: the body could not be read, or may not be answered. */
export function renderProblemPage(
  page: Frame & { code: ProblemCode; ownerAddress?: string | undefined },
): string {
  const { code, language, nonce, site, ownerAddress } = page;
  const { direction, problems } = wordsOf(language);
  const { title, text } = problems[code];
  const owner = ownerAddress && renderOwner(ownerAddress, language);
  const body = html`<h1>${title}</h1>\n<p>${text}</p>\n${owner}${renderBackLink(site, language)}`;
  return renderShell({ title, language, direction, nonce, body });
}

/** The code when a page has words of its own for it, else the general one. */
export const problemCode = (code: string): ProblemCode =>
  Object.hasOwn(wordsOf("en").problems, code) ? (code as ProblemCode) : "failed";
