import { Elysia, t } from "elysia";
import { AppError } from "#/kernel/errors";
import { readJson } from "#/kernel/http/json-body";
import type { Kernel } from "#/kernel/kernel";
import { createSignIn } from "./sign-in";

const example = { email: "talel@talel.talel", password: "correct horse battery staple" };
const text = { type: "string" as const, minLength: 1 };

/** The sign-in of the publishing surface, in its documented words. */
export function publishingLogin(kernel: Kernel) {
  const signIn = createSignIn(kernel);
  return new Elysia({ name: "accounts.publishing-login", prefix: "/v1/accounts", tags: ["publishing"] }).post(
    "/login",
    async ({ request }) => {
      const given = await readBody(request);
      const [email, password] = [demandText(given, "email"), demandText(given, "password")];
      const otp = typeof given.otp === "string" ? given.otp : undefined;
      return { access_token: await signIn.toPublishing(request, { email, password, otp }) };
    },
    {
      parse: "none",
      response: {
        200: t.Object({
          access_token: t.String({
            examples: ["eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"],
          }),
        }),
      },
      detail: {
        summary: "Sign in to publish",
        description:
          "The session lives as long as the token. `otp` is for accounts with an authenticator app. " +
          "What is missing is 400, what is wrong is 401.",
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object" as const,
                required: ["email", "password"],
                properties: { email: text, password: text, otp: text },
                example,
              },
              example,
            },
          },
        },
        responses: {
          401: { description: "Wrong address or password" },
          403: { description: "A token error; this route asks for none" },
          429: { description: "Too many failed sign-ins" },
          503: { description: "Too many sign-ins at once" },
        },
      },
    },
  );
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const body = await readJson(request).catch((error) => {
    const isBroken = error instanceof AppError && error.code === "invalid_json";
    throw isBroken ? new AppError(400, "invalid_json", "Invalid request body") : error;
  });
  const isEmpty = body === null || (typeof body === "object" && Object.keys(body).length === 0);
  if (isEmpty) throw new AppError(400, "missing_body", "Missing request body");
  return typeof body === "object" ? (body as Record<string, unknown>) : {};
}

function demandText(given: Record<string, unknown>, key: string): string {
  const value = Object.hasOwn(given, key) ? given[key] : undefined;
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new AppError(400, "missing_key", `Expected '${key}' key`);
}
