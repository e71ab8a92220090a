import { Elysia } from "elysia";
import { AppError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { type Html, html } from "#/kernel/pages";
import { accountRules, spendOfNetwork } from "./account-limits";
import { answerPage, asPage, formBody, leadOn, noticeOf, readFields, TokenParams } from "./answer-page";
import { callerOf } from "./caller";
import { createFirstAccount } from "./set-up";

const title = "Make the first account";
/** After these the same form can be sent once more. */
const correctable = new Set(["invalid", "rate_limited", "busy"]);

/** The page behind the set-up link: address and password of the first dev. Works without script. */
export const setupPages = (kernel: Kernel) =>
  new Elysia({ name: "accounts.setup-pages", tags: ["accounts"] })
    .get("/account/setup/:token", async () => answerPage(200, title, renderForm(kernel.config)), {
      params: TokenParams,
      detail: {
        summary: `${title}: the page`,
        description: "What the set-up link opens, while there is no account. It changes nothing.",
        responses: { 200: asPage("The page") },
      },
    })
    .post(
      "/account/setup/:token",
      async ({ params, request }) => {
        let email = "";
        try {
          await spendOfNetwork(kernel, accountRules.link, request);
          const fields = await readFields(request);
          email = fields.get("email") ?? "";
          const given = { ...params, email, password: fields.get("password") ?? "" };
          const enrolToken = await createFirstAccount(kernel, given, callerOf(request));
          const skips = !kernel.config.production && fields.get("next") === "skip";
          return skips
            ? answerPage(200, title, html`<p>${skipped}</p>`)
            : leadOn(`/account/enrol/${enrolToken}`);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          const form = correctable.has(error.code) && renderForm(kernel.config, email);
          const content = html`${noticeOf(error)}${form}`;
          return answerPage(error.status, title, content, error.retryAfter);
        }
      },
      {
        parse: "none",
        params: TokenParams,
        detail: {
          summary: title,
          description:
            "Makes a dev and leads on to the page that enrols an authenticator app. Outside production `next=skip` leaves the app out. A refusal is a page too, with its status.",
          requestBody: formBody({ email: "ada@example.com", password: "correct horse battery" }),
          responses: {
            200: asPage("Made, without an app"),
            303: { description: "Made; on to the app" },
            400: asPage("The link is not valid, or was used"),
            409: asPage("There is an account already"),
            422: asPage("Address or password cannot be taken"),
            429: asPage("Too many attempts"),
            503: asPage("Too many wait"),
          },
        },
      },
    );

const skipped =
  "The account is made. Sign in with it; while it has no authenticator app, DEV_MASTER_OTP is its one-time code.";

const renderForm = (
  { production }: Pick<Kernel["config"], "production">,
  email = "",
): Html => html`<p>This account may do everything: it is the first developer's.</p>
<form method="post">
<div class="field"><label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required value="${email}"></div>
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required></div>
<p class="help">Next comes an app for one-time codes, so have your phone at hand.</p>
<button type="submit" name="next" value="enrol">Go on</button>
${
  !production && html`<button type="submit" name="next" value="skip">Go on without an app</button>\n`
}</form>`;
