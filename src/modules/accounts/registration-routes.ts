import { Elysia, t } from "elysia";
import { jsonBody, oneOf } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { Password } from "./account-fields";
import { accountRules, spendOfNetwork } from "./account-limits";
import { callerOf } from "./caller";
import { confirmEmailChange, requestEmailChange } from "./change-email";
import { signedIn } from "./identity";
import { getPortalUser, PortalUser } from "./portal-user";
import { registerInPortal } from "./register-in-portal";
import { resetPassword } from "./reset-password";
import { forgotPassword, resendVerification, verifyInPortal } from "./verify-email";

const Email = t.String({ minLength: 3, maxLength: 254, examples: ["ada@example.com"] });
const Token = t.String({
  minLength: 1,
  maxLength: 128,
  description: "As the mailed link holds it",
  examples: ["Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
});
const Done = t.Object({ status: t.Literal("ok") });
const linkRefusals = { 400: ProblemError, 429: ProblemError };

/** From a new address to a confirmed one, and back to a lost password. */
export const registration = (kernel: Kernel) =>
  new Elysia({ name: "accounts.registration", prefix: "/api/v1/auth", tags: ["accounts"] })
    .use(jsonBody)
    .post(
      "/register",
      async ({ body, request, status }) => {
        await spendOfNetwork(kernel, accountRules.registerPortal, request);
        const id = await registerInPortal(kernel, body, callerOf(request));
        const { email } = body;
        if (id === undefined)
          return status(201, { email, role: "user", verified: false, status: "verify_email" });
        const user = await getPortalUser(kernel.db, id);
        return status(201, { ...user, email, role: "user", status: "active" });
      },
      {
        body: t.Object({
          email: Email,
          password: Password,
          full_name: t.Optional(t.String({ maxLength: 200, examples: ["Ada Lovelace"] })),
        }),
        response: {
          201: t.Object({
            ...t.Partial(PortalUser).properties,
            email: t.String({ examples: ["ada@example.com"] }),
            role: t.Literal("user"),
            verified: t.Boolean({ examples: [false] }),
            status: oneOf(["verify_email", "active"]),
          }),
          403: ProblemError,
          409: ProblemError,
          422: ProblemError,
          429: ProblemError,
          503: ProblemError,
        },
        detail: {
          summary: "Register",
          description:
            "Where addresses are confirmed, a new and a known address are answered alike and the owner is mailed. Without mail the account is active at once and comes whole; 409 then says that the address is taken.",
        },
      },
    )
    .post(
      "/verify",
      async ({ body, request }) => {
        await spendOfNetwork(kernel, accountRules.link, request);
        await verifyInPortal(kernel, body.token, callerOf(request).origin);
        return { status: "ok" as const };
      },
      {
        body: t.Object({ token: Token }),
        response: { 200: Done, 422: ProblemError, ...linkRefusals },
        detail: {
          summary: "Confirm an address",
          description: "With the token of the mailed link; works once.",
        },
      },
    )
    .post(
      "/verify/resend",
      async ({ body, request, status }) => {
        await spendOfNetwork(kernel, accountRules.mailNetwork, request);
        await resendVerification(kernel, body.email);
        return status(202, { status: "ok" as const });
      },
      {
        body: t.Object({ email: Email }),
        response: { 202: Done, 422: ProblemError, 429: ProblemError },
        detail: {
          summary: "Mail the confirmation again",
          description: "Answers the same for every address.",
        },
      },
    )
    .post(
      "/password/forgot",
      async ({ body, request, status }) => {
        await spendOfNetwork(kernel, accountRules.mailNetwork, request);
        await forgotPassword(kernel, body.email);
        return status(202, { status: "ok" as const });
      },
      {
        body: t.Object({ email: Email }),
        response: { 202: Done, 422: ProblemError, 429: ProblemError },
        detail: { summary: "Ask for a new password", description: "Answers the same for every address." },
      },
    )
    .post(
      "/password/reset",
      async ({ body, request }) => {
        await spendOfNetwork(kernel, accountRules.link, request);
        await resetPassword(kernel, body, callerOf(request));
        return { status: "ok" as const };
      },
      {
        body: t.Object({ token: Token, password: Password }),
        response: { 200: Done, 422: ProblemError, 503: ProblemError, ...linkRefusals },
        detail: {
          summary: "Set a new password",
          description:
            "With the token of the mailed link. Ends every session, confirms the address, signs nobody in.",
        },
      },
    )
    .post(
      "/email/confirm",
      async ({ body, request }) => {
        await spendOfNetwork(kernel, accountRules.link, request);
        await confirmEmailChange(kernel, body.token, callerOf(request).origin);
        return { status: "ok" as const };
      },
      {
        body: t.Object({ token: Token }),
        response: { 200: Done, 409: ProblemError, 422: ProblemError, ...linkRefusals },
        detail: {
          summary: "Confirm a new address",
          description: "With the token mailed to it. Ends every session.",
        },
      },
    );

/** The one change of an account that leads by mail. */
export const emailChange = (kernel: Kernel) =>
  new Elysia({ name: "accounts.email-change", prefix: "/api/v1/account", tags: ["accounts"] })
    .use(signedIn(kernel, { unverified: true }))
    .use(jsonBody)
    .patch(
      "/email",
      async ({ account, body, request, status }) => {
        await spendOfNetwork(kernel, accountRules.mailNetwork, request);
        const outcome = await requestEmailChange(kernel, account, body, callerOf(request));
        if (outcome === "pending") return status(202, { status: "pending" as const, email: body.email });
        return status(200, await getPortalUser(kernel.db, account.id));
      },
      {
        body: t.Object({ email: Email, password: Password }),
        response: {
          200: PortalUser,
          202: t.Object({ status: t.Literal("pending"), email: t.String({ examples: ["ada@example.com"] }) }),
          409: ProblemError,
          422: ProblemError,
          429: ProblemError,
          503: ProblemError,
        },
        detail: {
          summary: "Change the address",
          description:
            "Where addresses are confirmed it changes with the click on the link mailed to the new one, else at once. Ends every session.",
        },
      },
    );
