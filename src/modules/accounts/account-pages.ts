import { Elysia } from "elysia";
import { AppError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { type Html, html } from "#/kernel/pages";
import { accountRules, spendOfNetwork } from "./account-limits";
import { answerPage, asPage, formBody, noticeOf, readFields, TokenParams } from "./answer-page";
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
    .get(`/account/${name}/:token`, async () => answerPage(200, page.title, renderForm(page)), {
      params: TokenParams,
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
          await act(
            request,
            params.token,
            page.hasPassword ? ((await readFields(request)).get("password") ?? "") : "",
          );
          return answerPage(200, page.title, html`<p>${page.done}</p>`);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return answerPage(error.status, page.title, renderRefusal(page, error), error.retryAfter);
        }
      },
      {
        parse: "none",
        params: TokenParams,
        detail: {
          summary: page.title,
          description: "The button of the page. A refusal is a page too, with its status.",
          ...(page.hasPassword && { requestBody: formBody({ password: "correct horse battery" }) }),
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

const renderForm = (page: Page, notice?: Html): Html => html`<p>${page.lead}</p>
${notice}<form method="post">
${
  page.hasPassword &&
  html`<div class="field"><label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required></div>\n`
}<button type="submit">${page.button}</button>
</form>`;

function renderRefusal(page: Page, error: AppError): Html {
  const { code } = error;
  const notice = noticeOf(error);
  const again = code === "invalid" || code === "rate_limited" || code === "busy";
  return again ? renderForm(page, notice) : notice;
}
