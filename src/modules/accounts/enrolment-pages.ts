import { Elysia } from "elysia";
import { AppError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { type Html, html } from "#/kernel/pages";
import { accountRules, spendOfNetwork } from "./account-limits";
import { answerPage, asPage, formBody, noticeOf, readFields, TokenParams } from "./answer-page";
import { callerOf } from "./caller";
import { confirmEnrolment, type Enrolment, readEnrolment } from "./enrol-by-link";
import { renderQr } from "./render-qr";

const title = "Set up one-time codes";
/** After these the code can be typed once more. */
const correctable = new Set(["otp_invalid", "rate_limited"]);

/** The page behind a link that enrols an authenticator app. Works without script. */
export const enrolmentPages = (kernel: Kernel) =>
  new Elysia({ name: "accounts.enrolment-pages", tags: ["accounts"] })
    .get("/account/enrol/:token", async ({ params }) => show(kernel, params.token), {
      params: TokenParams,
      detail: {
        summary: `${title}: the page`,
        description: "Shows the secret as a QR code and in letters. It changes nothing.",
        responses: {
          200: asPage("The page"),
          400: asPage("The link is not valid, or was used"),
          409: asPage("An app is enrolled already"),
        },
      },
    })
    .post(
      "/account/enrol/:token",
      async ({ params: { token }, request }) => {
        try {
          await spendOfNetwork(kernel, accountRules.link, request);
          const code = (await readFields(request)).get("code") ?? "";
          const codes = await confirmEnrolment(kernel, { token, code }, callerOf(request).origin);
          return answerPage(200, title, renderCodes(codes));
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          return correctable.has(error.code) ? show(kernel, token, error) : refuse(error);
        }
      },
      {
        parse: "none",
        params: TokenParams,
        detail: {
          summary: title,
          description:
            "The app's first code. Shows ten recovery codes, this once. A refusal is a page too, with its status.",
          requestBody: formBody({ code: "123456" }),
          responses: {
            200: asPage("Enrolled"),
            400: asPage("The link is not valid, or was used"),
            403: asPage("The code is wrong"),
            409: asPage("An app is enrolled already"),
            429: asPage("Too many attempts"),
          },
        },
      },
    );

/** The form, after a refusal once more, if the link is still good. */
async function show(kernel: Kernel, token: string, refusal?: AppError): Promise<Response> {
  try {
    const content = renderForm(await readEnrolment(kernel, token));
    if (!refusal) return answerPage(200, title, content);
    return answerPage(refusal.status, title, html`${noticeOf(refusal)}${content}`, refusal.retryAfter);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(error);
  }
}

const refuse = (error: AppError): Response =>
  answerPage(error.status, title, noticeOf(error), error.retryAfter);

const renderForm = ({
  secret,
  uri,
}: Enrolment): Html => html`<p>Scan this with an authenticator app, such as the one that keeps your passwords.</p>
<p>${renderQr(uri, "QR code for the authenticator app")}</p>
<p>On this device: <a href="${uri}">open the app</a>. By hand: <code>${inFours(secret)}</code></p>
<form method="post">
<div class="field"><label for="code">The code that the app shows now</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required></div>
<button type="submit">Confirm</button>
</form>`;

const renderCodes = (
  codes: readonly string[],
): Html => html`<p>The app is set up: from now on every sign-in asks for a code of it.</p>
<h2>Recovery codes</h2>
<p>If you lose the app, each of these signs you in once in its place. They are shown only now: print them, or keep them
where you keep passwords.</p>
<ol>
${codes.map((code) => html`<li><code>${code}</code></li>\n`)}</ol>`;

const inFours = (secret: string) => (secret.match(/.{1,4}/g) ?? []).join(" ");
