import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { unauthorized } from "#/kernel/errors";
import { ProblemError } from "#/kernel/http/error-schemas";
import { readJson } from "#/kernel/http/json-body";
import type { Kernel } from "#/kernel/kernel";
import { createIdentify } from "./identity";
import { refreshSeconds, type TokenPair } from "./open-session";
import { Login, loginBody } from "./read-login";
import { createRefreshSession } from "./refresh-session";
import { readRefreshCookie, refreshCookie } from "./session-cookie";
import { createSignIn } from "./sign-in";
import { findTokenOwner, signOut } from "./sign-out";
import { TokenPairSchema } from "./token-schemas";

const Tokens = t.Object({
  ...TokenPairSchema.properties,
  refresh_token: t.Optional(
    t.String({
      description: "Absent where it came as a cookie",
      examples: ["gtr_Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"],
    }),
  ),
  status: t.Optional(
    t.Literal("enrolment_required", { description: "Nothing but enrolling one-time codes is open" }),
  ),
});

const RefreshToken = t.Object({
  refresh_token: t.Optional(
    t.String({ maxLength: 4096, examples: ["gtr_Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"] }),
  ),
});

/** Used before a route whose body may be missing: then the token is in the cookie. */
const optionalBody = new Elysia({ name: "accounts.optional-body" }).onParse(
  { as: "scoped" },
  async ({ request }) => (await readJson(request)) ?? {},
);

const refusals = { 403: ProblemError, 422: ProblemError, 429: ProblemError, 503: ProblemError };

/** From a password to tokens, from token to token, and out. */
export const signInRoutes = (kernel: Kernel) =>
  new Elysia({ name: "accounts.sign-in", tags: ["accounts"] })
    .use(login(kernel))
    .use(refreshAndLogout(kernel));

function login(kernel: Kernel) {
  const { config } = kernel;
  const signIn = createSignIn(kernel);
  return new Elysia({ name: "accounts.login", prefix: "/api/v1/auth", tags: ["accounts"] })
    .use(loginBody)
    .post(
      "/login",
      async ({ body, request, set }) => {
        const pair = await signIn.toPortal(request, body);
        const status = pair.scope === "enrol" ? { status: "enrolment_required" as const } : {};
        if (body.session !== "cookie") return { ...pair, ...status };
        return { ...asCookie(kernel, pair, set.headers), ...status };
      },
      {
        body: Login,
        response: { 200: Tokens, 401: ProblemError, ...refusals },
        detail: {
          summary: "Sign in",
          description:
            "With a password, and a one-time code where the account has an authenticator app or the scope is `dev`. " +
            "Also takes the urlencoded password form of OAuth 2, with `username` for `email`. `session: cookie` puts " +
            `the refresh token into a cookie that scripts cannot read. Wrong addresses and passwords, and addresses ` +
            `that are not confirmed, are refused alike. Tokens live ${refreshSeconds(config)} seconds unless used.`,
        },
      },
    );
}

function refreshAndLogout(kernel: Kernel) {
  const { config, db } = kernel;
  const refresh = createRefreshSession(kernel);
  const identify = createIdentify(kernel);
  return new Elysia({ name: "accounts.refresh", prefix: "/api/v1/auth", tags: ["accounts"] })
    .use(optionalBody)
    .post(
      "/refresh",
      async ({ body, request, set }) => {
        if (body.refresh_token !== undefined) return refresh(request, body.refresh_token);
        const token = readRefreshCookie(config, request.headers);
        if (token === undefined) throw unauthorized("refresh_invalid", "No refresh token was sent");
        return asCookie(kernel, await refresh(request, token), set.headers);
      },
      {
        body: RefreshToken,
        response: { 200: Tokens, 401: ProblemError, ...refusals },
        detail: {
          summary: "Exchange a refresh token",
          description:
            "For a new pair: a refresh token works once. Sent again within seconds, by a second tab or a retry, it gets " +
            "the same successor; later it is taken for stolen and the session ends. Without a body the cookie is read.",
        },
      },
    )
    .post(
      "/logout",
      async ({ body, request, set }) => {
        const header = request.headers.get("authorization");
        const token = body.refresh_token ?? (header === null && readRefreshCookie(config, request.headers));
        if (header === null && !token)
          throw unauthorized("unauthorized", "Signing out needs an access token or a refresh token");
        const caller = token && header === null ? await findTokenOwner(db, token) : await identify(header);
        await signOut(kernel, caller, originOf(request));
        set.headers["set-cookie"] = refreshCookie(config, "", 0);
        return { status: "ok" as const };
      },
      {
        body: RefreshToken,
        response: { 200: t.Object({ status: t.Literal("ok") }), 401: ProblemError, ...refusals },
        detail: {
          summary: "Sign out",
          description:
            "On every device: no access token and no refresh token of the account works any longer.",
          security: [{ bearer: [] }, { password: [] }, {}],
        },
      },
    );
}

/** The pair without its refresh token, which goes into the cookie. */
function asCookie(
  { config }: Pick<Kernel, "config">,
  { refresh_token, ...pair }: TokenPair,
  headers: Record<string, unknown>,
): Omit<TokenPair, "refresh_token"> {
  headers["set-cookie"] = refreshCookie(config, refresh_token, refreshSeconds(config));
  return pair;
}
