import { Elysia, t } from "elysia";
import { AppError } from "#/kernel/errors";
import { readBytes } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { type Html, html, newNonce, pagePolicy, renderShell } from "#/kernel/pages";
import { accountRules, spendOfNetwork } from "./account-limits";
import { callerOf } from "./caller";
import { confirmEmailChange } from "./change-email";
import { resetPassword } from "./reset-password";
import { verifyInPortal } from "./verify-email";

type Page = { title: string; lead: string; button: string; done: string; hasPassword?: true };

const pages = {
  verify: {
    title: "Confirm your e-mail address",
    lead: "One click, and your address is confirmed.",
    button: "Confirm",
    done: "Your address is confirmed. You can sign in now.",
  },
  email: {
    title: "Confirm your new e-mail address",
    lead: "From then on your account uses this address, and every session ends: sign in again afterwards.",
    button: "Confirm",
    done: "Your account uses this address now. Sign in again.",
  },
  reset: {
    title: "Set a new password",
    lead: "Every session of your account ends: sign in again afterwards.",
    button: "Set password",
    done: "The password is set. You can sign in with it now.",
    hasPassword: true,
  },
} as const satisfies Record<string, Page>;
type PageName = keyof typeof pages;

/** What a person can do about a refusal. Codes that are not listed say that something went wrong on our side. */
const problems: Record<string, string> = {
  link_invalid: "This link is not valid, or no longer. Ask for a new one.",
  link_used: "This link was used already.",
  email_taken: "Another account has this address meanwhile.",
  rate_limited: "Too many attempts. Wait a while and try again.",
  busy: "There is much to do just now. Wait a moment and try again.",
  too_short: "This password is too short.",
  too_long: "This password is too long.",
  too_common: "This password is among the most used ones.",
  same_as_account: "This password is your address.",
  not_text: "This password holds characters that cannot be kept.",
};

const Params = t.Object({
  token: t.String({
    minLength: 1,
    maxLength: 128,
    examples: ["Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
  }),
});
const asPage = (description: string) => ({
  description,
  content: { "text/html": { schema: { type: "string" as const, description: "A page" } } },
});

/**
 * The pages that mailed links lead to. Opening one changes nothing, because scanners of mail open links and must not
 * confirm an address for whoever registered it; its button acts. They work without script.
 */
export const accountPages = (kernel: Kernel) => {
  const app = new Elysia({ name: "accounts.pages", tags: ["accounts"] });
  for (const name of Object.keys(pages) as PageName[]) addPage(app, kernel, name);
  return app;
};

function addPage(app: Elysia, kernel: Kernel, name: PageName): void {
  const page: Page = pages[name];
  const act = {
    verify: async (request: Request, token: string) =>
      verifyInPortal(kernel, token, callerOf(request).origin),
    email: async (request: Request, token: string) =>
      confirmEmailChange(kernel, token, callerOf(request).origin),
    reset: async (request: Request, token: string, password: string) =>
      resetPassword(kernel, { token, password }, callerOf(request)),
  }[name];

  app
    .get(`/account/${name}/:token`, async () => answer(200, page, renderForm(page)), {
      params: Params,
      detail: {
        summary: `${page.title}: the page`,
        description: "What the mailed link opens. It changes nothing; its button does.",
        responses: { 200: asPage("The page") },
      },
    })
    .post(
      `/account/${name}/:token`,
      async ({ params, request }) => {
        try {
          await spendOfNetwork(kernel, accountRules.link, request);
          await act(request, params.token, page.hasPassword ? await readPassword(request) : "");
          return answer(200, page, html`<p>${page.done}</p>`);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return answer(error.status, page, renderRefusal(page, error), error.retryAfter);
        }
      },
      {
        parse: "none",
        params: Params,
        detail: {
          summary: page.title,
          description: "The button of the page. A refusal is a page too, with its status.",
          ...(page.hasPassword && {
            requestBody: {
              required: true,
              content: {
                "application/x-www-form-urlencoded": {
                  example: { password: "correct horse battery" },
                  schema: {
                    type: "object" as const,
                    required: ["password"],
                    properties: { password: { type: "string" as const, example: "correct horse battery" } },
                  },
                },
              },
            },
          }),
          responses: {
            200: asPage("Done"),
            400: asPage("The link is not valid, or was used"),
            ...(name === "email" && { 409: asPage("The address has an account meanwhile") }),
            ...(page.hasPassword && {
              422: asPage("The password cannot be taken"),
              503: asPage("Too many wait"),
            }),
            429: asPage("Too many attempts"),
          },
        },
      },
    );
}

/** Bytes: a password of 128 characters, each escaped. */
const maxBodyBytes = 8 * 1024;

async function readPassword(request: Request): Promise<string> {
  const bytes = await readBytes(request, maxBodyBytes);
  return new URLSearchParams(new TextDecoder().decode(bytes)).get("password") ?? "";
}

const renderForm = (page: Page, notice?: Html): Html => html`<p>${page.lead}</p>
${notice}<form method="post">
${
  page.hasPassword &&
  html`<div class="field"><label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required></div>\n`
}<button type="submit">${page.button}</button>
</form>`;

function renderRefusal(page: Page, { code, errors }: AppError): Html {
  const text = problems[errors?.[0]?.code ?? code] ?? "Something went wrong on our side. Try again later.";
  const notice = html`<div class="notice bad" role="alert"><p>${text}</p></div>\n`;
  const again = code === "invalid" || code === "rate_limited" || code === "busy";
  return again ? renderForm(page, notice) : notice;
}

function answer(status: number, { title }: Page, content: Html, retryAfter?: number): Response {
  const nonce = newNonce();
  const body = html`<h1>${title}</h1>\n${content}`;
  return new Response(renderShell({ title, language: "en", direction: "ltr", nonce, body }), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy(nonce),
      // The address holds the token: it goes nowhere, and nothing keeps the page.
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      ...(retryAfter !== undefined && { "retry-after": String(Math.ceil(retryAfter)) }),
    },
  });
}
