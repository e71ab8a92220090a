import { Elysia, t } from "elysia";
import { jsonBody } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { Otp, Password } from "./account-fields";
import { callerOf } from "./caller";
import { changePassword } from "./change-password";
import { changeProfile } from "./change-profile";
import { deleteAccount } from "./delete-account";
import { signedIn } from "./identity";
import { getPortalUser, PortalUser } from "./portal-user";
import { TokenPairSchema } from "./token-schemas";

const refusals = { 422: ProblemError, 429: ProblemError, 503: ProblemError };

/** What a person changes of the own account. */
export const ownAccount = (kernel: Kernel) =>
  new Elysia({ name: "accounts.own", prefix: "/api/v1/account", tags: ["accounts"] })
    .use(signedIn(kernel))
    .use(jsonBody)
    .patch(
      "/profile",
      async ({ account, body, request }) => {
        await changeProfile(kernel, account, body, callerOf(request));
        return getPortalUser(kernel.db, account.id);
      },
      {
        body: t.Object({
          full_name: t.Optional(t.String({ maxLength: 200, examples: ["Ada Lovelace"] })),
          username: t.Optional(t.String({ maxLength: 64, examples: ["ada-lovelace"] })),
          location: t.Optional(t.String({ maxLength: 200, examples: ["London"] })),
          avatar_url: t.Optional(t.String({ maxLength: 2048, examples: ["default.jpg"] })),
        }),
        response: { 200: PortalUser, 409: ProblemError, 422: ProblemError },
        detail: { summary: "Change the profile", description: "Members that are not sent stay." },
      },
    )
    .patch(
      "/password",
      async ({ account, body, request }) => changePassword(kernel, account, body, callerOf(request)),
      {
        body: t.Object({ current_password: Password, new_password: Password }),
        response: { 200: TokenPairSchema, ...refusals },
        detail: {
          summary: "Change the password",
          description: "Ends every other session; the answer holds the tokens of this one.",
        },
      },
    );

/** Open to whoever has not confirmed the address as well: nobody must be kept in. */
export const accountDeletion = (kernel: Kernel) =>
  new Elysia({ name: "accounts.deletion", prefix: "/api/v1", tags: ["accounts"] })
    .use(signedIn(kernel, { unverified: true }))
    .use(jsonBody)
    .delete(
      "/account",
      async ({ account, body, request }) => {
        await deleteAccount(kernel, account, body, callerOf(request), request);
        return { status: "ok" as const };
      },
      {
        body: t.Object({ password: t.Optional(Password), otp: t.Optional(Otp) }),
        response: { 200: t.Object({ status: t.Literal("ok") }), 409: ProblemError, ...refusals },
        detail: {
          summary: "Delete the account",
          description:
            "With the password, and a one-time code where an app is enrolled. An account without password must have signed in within ten minutes. What was sent to the team stays with the team.",
        },
      },
    );
