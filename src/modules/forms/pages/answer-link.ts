import { t } from "elysia";
import { AppError } from "#/kernel/errors";
import { wantsPage } from "#/kernel/http";
import { PlainError } from "#/kernel/http/error-schemas";
import { type Html, html, newNonce, pagePolicy, renderShell } from "#/kernel/pages";
import { chooseLanguage, formVary } from "../intake/negotiate";
import { type Language, wordsOf } from "./languages";

/** The token in the address of these pages, 43 characters of base64url. */
export const TokenParams = t.Object({
  token: t.String({
    minLength: 1,
    maxLength: 128,
    examples: ["Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
  }),
});

/** What whoever opened a link is told: a page, or the same as JSON. */
export type LinkAnswer = { title: string; content: Html; json: object };

/** The address of these pages holds a token: it goes nowhere, and nothing keeps the page. */
const headers = { "referrer-policy": "no-referrer", "cache-control": "no-store", vary: formVary };

/**
 * Answers whoever opened a link: a page without script for a person, JSON for a program. A refusal becomes a page by
 * `explain`, where that has one for it; a program gets it in the voice of the address. `language` is the message's.
 */
export async function answerLink(
  request: Request,
  make: (speak: (language?: string) => Language) => Promise<LinkAnswer>,
  explain: (code: string, language: Language) => Omit<LinkAnswer, "json"> | undefined,
): Promise<Response> {
  const accepted = request.headers.get("accept-language");
  const speak = (language?: string) => chooseLanguage(undefined, accepted, language);
  const isPage = wantsPage(request.headers);
  let language = speak();
  try {
    const made = await make((own) => {
      language = speak(own);
      return language;
    });
    return isPage ? asPage(200, language, made) : Response.json(made.json, { headers });
  } catch (error) {
    const explained = isPage && error instanceof AppError ? explain(error.code, language) : undefined;
    if (!explained) throw error;
    const { status, retryAfter } = error as AppError;
    return asPage(status, language, explained, retryAfter);
  }
}

function asPage(
  status: number,
  language: Language,
  { title, content }: Omit<LinkAnswer, "json">,
  retryAfter?: number,
): Response {
  const nonce = newNonce();
  const body = html`<h1>${title}</h1>\n${content}`;
  const { direction } = wordsOf(language);
  return new Response(renderShell({ title, language, direction, nonce, body }), {
    status,
    headers: {
      ...headers,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy(nonce),
      ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter)) }),
    },
  });
}

const page = { "text/html": { schema: { type: "string" as const, description: "For a browser: a page" } } };

/** What the document says of such an address: its answers as JSON, and each as a page too. */
export const linkResponses = <Statuses extends 404 | 410 | 429>(statuses: readonly Statuses[]) => ({
  response: Object.fromEntries(statuses.map((status) => [status, PlainError])) as Record<
    Statuses,
    typeof PlainError
  >,
  responses: Object.fromEntries(
    [200, ...statuses].map((status) => [status, { description: said[status] ?? "Done", content: page }]),
  ),
});

const said: Record<number, string> = {
  404: "No such link",
  410: "The link has expired, or the address was declined",
  429: "Too many attempts",
};
