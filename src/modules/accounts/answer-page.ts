import { t } from "elysia";
import { AppError } from "#/kernel/errors";
import { decodeUtf8, parseMediaType, readBytes } from "#/kernel/http";
import { type Html, html, newNonce, pagePolicy, renderShell } from "#/kernel/pages";

/** What a person can do about a refusal. Codes that are not listed say that something went wrong on our side. */
const problems: Record<string, string> = {
  link_invalid: "This link is not valid, or no longer. Ask for a new one.",
  link_used: "This link was used already.",
  already_set_up:
    'There is an account already: sign in with it. If its app for one-time codes is not set up yet, the command "gatehouse user enrol-link" prints a link.',
  totp_enrolled: "An authenticator app is enrolled for this account already.",
  otp_invalid: "This code is wrong. Codes change every 30 seconds; type the one that the app shows now.",
  email_taken: "Another account has this address meanwhile.",
  unsupported_media_type: "This was not sent by the form of this page.",
  malformed_body: "This was not sent by the form of this page.",
  rate_limited: "Too many attempts. Wait a while and try again.",
  busy: "There is much to do just now. Wait a moment and try again.",
  invalid_email: "This is not an e-mail address.",
  too_short: "This password is too short.",
  too_long: "This password is too long.",
  too_common: "This password is among the most used ones.",
  same_as_account: "This password is your address.",
  not_text: "This password holds characters that cannot be kept.",
};

/** A refusal in words for whoever reads the page. */
export function noticeOf({ code, errors }: Pick<AppError, "code" | "errors">): Html {
  const text = problems[errors?.[0]?.code ?? code] ?? "Something went wrong on our side. Try again later.";
  return html`<div class="notice bad" role="alert"><p>${text}</p></div>\n`;
}

export const TokenParams = t.Object({
  token: t.String({
    minLength: 1,
    maxLength: 128,
    examples: ["Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
  }),
});

export const asPage = (description: string) => ({
  description,
  content: { "text/html": { schema: { type: "string" as const, description: "A page" } } },
});

/** The fields that a page posts, by their examples; all are required. */
export const formBody = (examples: Readonly<Record<string, string>>) => ({
  required: true,
  content: {
    "application/x-www-form-urlencoded": {
      example: examples,
      schema: {
        type: "object" as const,
        required: Object.keys(examples),
        properties: Object.fromEntries(
          Object.entries(examples).map(([name, example]) => [name, { type: "string" as const, example }]),
        ),
      },
    },
  },
});

/** Bytes: a password of 128 characters, each escaped. */
const maxBodyBytes = 8 * 1024;

/** What was posted, in the one encoding that browsers send these pages in; refuses others with 415, or 400. */
export async function readFields(request: Request): Promise<URLSearchParams> {
  const { type } = parseMediaType(request.headers.get("content-type") ?? "") ?? {};
  if (type !== "application/x-www-form-urlencoded")
    throw new AppError(415, "unsupported_media_type", "Cannot take this body: send it as a form does");
  const text = decodeUtf8(await readBytes(request, maxBodyBytes));
  if (text === undefined) throw new AppError(400, "malformed_body", "The body is not UTF-8");
  return new URLSearchParams(text);
}

/** The address of these pages holds a token: it goes nowhere, and nothing keeps the page. */
const privately = { "referrer-policy": "no-referrer", "cache-control": "no-store" };

/** A page without script. `retryAfter` in seconds. */
export function answerPage(status: number, title: string, content: Html, retryAfter?: number): Response {
  const nonce = newNonce();
  const body = html`<h1>${title}</h1>\n${content}`;
  return new Response(renderShell({ title, language: "en", direction: "ltr", nonce, body }), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy(nonce),
      ...privately,
      ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter)) }),
    },
  });
}

/** Leads on to another of these pages, with GET. */
export const leadOn = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, ...privately } });
