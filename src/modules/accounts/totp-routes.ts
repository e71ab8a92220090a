import { Elysia, t } from "elysia";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { Otp, Password } from "./account-fields";
import { callerOf } from "./caller";
import { demandPassword } from "./demand-password";
import { beginTotp, confirmTotp, removeTotp, replaceRecoveryCodes } from "./enrol-totp";
import { signedIn } from "./identity";

const Codes = t.Object({
  recovery_codes: t.Array(t.String({ examples: ["k7qm-x2ab-9d3f-w5zt"] }), { minItems: 10, maxItems: 10 }),
});
const refusals = { 409: ProblemError, 422: ProblemError, 429: ProblemError, 503: ProblemError };

/** Enrolling an authenticator app; also for a session that may do nothing else. */
export const totpEnrolment = (kernel: Kernel) =>
  new Elysia({ name: "accounts.totp-enrolment", prefix: "/api/v1/account/totp", tags: ["accounts"] })
    .use(signedIn(kernel, { enrolling: true }))
    .use(jsonBody)
    .post(
      "",
      async ({ account, body, request }) => {
        if (account.scope !== "enrol")
          await demandPassword(kernel, account, body?.password ?? "", callerOf(request).hashing);
        return beginTotp(kernel, account);
      },
      {
        body: t.Nullable(t.Object({ password: t.Optional(Password) }), {
          examples: [{ password: "correct horse battery" }],
        }),
        response: {
          200: t.Object({
            secret: t.String({ description: "Base32", examples: ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"] }),
            otpauth_uri: t.String({ description: "For a QR code" }),
          }),
          ...refusals,
        },
        detail: {
          summary: "Begin with an authenticator app",
          description:
            "With the password, save in a session of scope `enrol`. Counts once a code is confirmed.",
        },
      },
    )
    .post(
      "/confirm",
      async ({ account, body, request }) => ({
        recovery_codes: await confirmTotp(kernel, account, body.code, callerOf(request).origin),
      }),
      {
        body: t.Object({ code: t.String({ minLength: 1, maxLength: 16, examples: ["123456"] }) }),
        response: { 200: Codes, ...refusals },
        detail: {
          summary: "Confirm the app with its first code",
          description: "From now on every sign-in needs a code. The recovery codes are shown this once.",
        },
      },
    );

/** What an enrolled app allows. */
export const totpUpkeep = (kernel: Kernel) =>
  new Elysia({ name: "accounts.totp", prefix: "/api/v1/account/totp", tags: ["accounts"] })
    .use(signedIn(kernel))
    .use(jsonBody)
    .post(
      "/recovery-codes",
      async ({ account, body, request }) => ({
        recovery_codes: await replaceRecoveryCodes(kernel, account, body, callerOf(request), request),
      }),
      {
        body: t.Object({ password: Password, otp: Otp }),
        response: { 200: Codes, ...refusals },
        detail: { summary: "New recovery codes", description: "The old ones stop working." },
      },
    )
    .delete(
      "",
      async ({ account, body, request }) => {
        await removeTotp(kernel, account, body, callerOf(request), request);
        return { status: "ok" as const };
      },
      {
        body: t.Object({ password: Password, otp: Otp }),
        response: { 200: t.Object({ status: t.Literal("ok") }), ...refusals },
        detail: {
          summary: "Remove the app",
          description: "Ends every session. In production devs keep one (409 `totp_required_for_role`).",
        },
      },
    );
