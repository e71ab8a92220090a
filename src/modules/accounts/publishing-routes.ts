import { Elysia, t } from "elysia";
import { AppError } from "#/kernel/errors";
import { wantsPage } from "#/kernel/http";
import { readJson } from "#/kernel/http/json-body";
import type { Kernel } from "#/kernel/kernel";
import { accountRules, spendOfNetwork } from "./account-limits";
import { callerOf } from "./caller";
import { getPublishingAccount, PublishingAccount } from "./publishing-account";
import { refuse, registerToPublish } from "./register-to-publish";
import { verifyEmail } from "./verify-email";

/** A JSON body in the words of this surface: what cannot be read is `Invalid request body`. */
export async function readPublishingBody(request: Request): Promise<unknown> {
  try {
    return await readJson(request);
  } catch (error) {
    if (error instanceof AppError && (error.status === 400 || error.status === 422))
      return refuse("invalid_json", "Invalid request body");
    throw error;
  }
}

const text = (example: string) => ({ type: "string" as const, example });

/** Accounts of those who publish: documented bodies and messages, word for word. */
export const publishingAccounts = (kernel: Kernel) =>
  new Elysia({ name: "accounts.publishing", prefix: "/v1/accounts", tags: ["publishing"] })
    .post(
      "/register",
      async ({ request, status }) => {
        await spendOfNetwork(kernel, accountRules.registerPublishing, request);
        return status(
          201,
          await registerToPublish(kernel, await readPublishingBody(request), callerOf(request)),
        );
      },
      {
        parse: "none",
        response: { 201: PublishingAccount },
        detail: {
          summary: "Register to publish",
          description:
            "Only addresses on the list (`WHITELISTED_EMAILS`, and the one the team keeps). Where addresses are confirmed a link is mailed. Refusals, in this order: `Missing request body`, `Expected '<key>' key`, `Email not whitelisted`, `Invalid username`, `Password is too short`, `… too long`, `… too common`, `Account with the email '<email>' already exists`, `Account with the username '<username>' already exists`.",
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  required: ["email", "password", "username"],
                  properties: {
                    email: { ...text("talel@example.com"), maxLength: 254 },
                    password: text("correct horse battery"),
                    username: {
                      ...text("taleldayekh"),
                      pattern: "^[A-Za-z0-9][A-Za-z0-9_-]{0,30}[A-Za-z0-9]$",
                    },
                  },
                },
              },
            },
          },
          responses: {
            400: { description: "One of the documented messages" },
            429: { description: "Too many attempts" },
            503: { description: "Too many wait" },
          },
        },
      },
    )
    .get(
      "/verify/:token",
      async ({ params, request, status }) => {
        if (wantsPage(request.headers))
          return new Response(null, {
            status: 303,
            headers: { location: `/account/verify/${encodeURIComponent(params.token)}` },
          }) as never;
        await spendOfNetwork(kernel, accountRules.link, request);
        const outcome = await verifyEmail(kernel, params.token, callerOf(request).origin);
        if (outcome.kind === "verified")
          return status(200, await getPublishingAccount(kernel.db, outcome.userId));
        if (outcome.kind === "already") return refuse("already_verified", "Account already verified");
        if (outcome.kind === "gone")
          return refuse("account_gone", `No registered account with the email '${outcome.email}'`);
        return refuse("link_invalid", "Invalid verification token");
      },
      {
        params: t.Object({
          token: t.String({
            minLength: 1,
            maxLength: 1024,
            examples: ["Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
          }),
        }),
        response: { 200: PublishingAccount },
        detail: {
          summary: "Confirm an address",
          description:
            "With the token of the mailed link; works once, signs nobody in. A browser is led to the page of the link. Refusals: `Invalid verification token`, `No registered account with the email '<email>'`, `Account already verified`.",
          responses: {
            303: { description: "A browser is led to the page of the link" },
            400: { description: "One of the documented messages" },
            429: { description: "Too many attempts" },
          },
        },
      },
    );
