import { Elysia } from "elysia";
import { forbidden, unauthorized } from "#/kernel/errors";
import { securedBy } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { type AccessTokens, createAccessTokens } from "./access-tokens";
import { type Account, findCaller } from "./account";
import { isConfirming } from "./confirming";
import { type Role, roles } from "./tables";

/** What routes ask of whoever calls them, beside a session that lives. */
export type Requirement = {
  /** This role or one above it; default `user`. */
  role?: Role;
  /** Role `dev` in a session opened for it, with a one-time code. */
  devScope?: true;
  /** Also who has not confirmed the address yet. */
  unverified?: true;
  /** Also a session that is good for enrolling one-time codes and nothing else. */
  enrolling?: true;
};

type Needs = Pick<Kernel, "config" | "db" | "mail">;

/**
 * For a group of routes, used before whatever reads their bodies: refuses who may not call them, and gives the
 * handlers `account`. A stranger learns that before the body is looked at, so the refusal is in the parsing step;
 * requests without one are refused in the next.
 */
export const signedIn = (kernel: Needs, requirement: Requirement = {}) => {
  const read = createIdentify(kernel);
  const accounts = new WeakMap<Request, Promise<Account>>();
  const identify = (request: Request): Promise<Account> => {
    let account = accounts.get(request);
    if (!account) {
      account = read(request.headers.get("authorization")).then((found) => {
        demand(kernel, requirement, found);
        return found;
      });
      accounts.set(request, account);
    }
    return account;
  };

  return new Elysia({ name: "accounts.signed-in", seed: requirement })
    .onParse({ as: "scoped" }, async ({ request }) => {
      await identify(request);
    })
    .onTransform(
      { as: "scoped" },
      securedBy("bearer", async ({ request }: { request: Request }) => {
        await identify(request);
      }),
    )
    .resolve({ as: "scoped" }, async ({ request }) => ({ account: await identify(request) }));
};

/** Reads the header `Authorization` of a request; refuses with 401 `unauthorized`, `token_expired` or `token_revoked`. */
export function createIdentify({ config, db }: Pick<Needs, "config" | "db">) {
  const tokens: Pick<AccessTokens, "read"> = createAccessTokens(config);
  return async (header: string | null): Promise<Account> => {
    const claims = await tokens.read(bearerOf(header));
    if ("fault" in claims) {
      const code = claims.fault === "Signature has expired" ? "token_expired" : "unauthorized";
      throw unauthorized(code, claims.fault);
    }
    const account = await findCaller(db, claims);
    if (!account) throw unauthorized("token_revoked", "Token has been revoked");
    return account;
  };
}

/** The token of `Authorization: Bearer …` (RFC 6750); the words are those of the publishing surface. */
function bearerOf(header: string | null): string {
  if (header === null) throw unauthorized("unauthorized", "No authorization header provided");
  const [, token] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  if (token === undefined) throw unauthorized("unauthorized", "No authorization token provided");
  return token;
}

function demand(
  kernel: Needs,
  { role = "user", devScope, unverified, enrolling }: Requirement,
  account: Account,
) {
  if (account.scope === "enrol") {
    if (enrolling) return;
    throw forbidden("enrolment_required", "One-time codes must be enrolled before anything else");
  }
  if (!unverified && !account.verified && isConfirming(kernel))
    throw forbidden("email_not_verified", "Account not verified");
  if (roles.indexOf(account.role) < roles.indexOf(role))
    throw forbidden(`${role}_role_required`, `Only the role ${role} and those above it may do this`);
  if (devScope && account.scope !== "dev")
    throw forbidden("dev_scope_required", "Sign in with the scope dev to do this");
  if (role !== "user" && kernel.config.EDITOR_REQUIRE_OTP === "on" && !account.amr.includes("otp"))
    throw forbidden("otp_required", "Sign in with a one-time code to do this");
}
