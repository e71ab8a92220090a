import { and, eq, inArray, isNull, or } from "drizzle-orm";
import { audit, originOf } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { AppError, forbidden } from "#/kernel/errors";
import { clientOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { createAccessTokens } from "./access-tokens";
import { badCredentials, createCheckCredentials, type Holder, type Surface } from "./check-credentials";
import { checkCode } from "./one-time-codes";
import { openSession, type TokenPair, tokenPair } from "./open-session";
import { type Scope, users } from "./tables";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "limits" | "log" | "mail" | "now">;

export type SignIn = {
  email: string;
  password: string;
  /** `dev` asks for everything that the role may do, by a one-time code. */
  scope?: "user" | "dev" | undefined;
  otp?: string | undefined;
};

/**
 * Sign-ins with a password, on every surface: password, then role, then code, then a session with its audit row.
 * Refuses as `createCheckCredentials` and `checkCode` do, and with 403 `dev_role_required`.
 */
export function createSignIn(kernel: Needs) {
  const { config, db } = kernel;
  const tokens = createAccessTokens(config);
  const checkCredentials = createCheckCredentials(kernel);

  const enter = async (
    request: Request,
    { email, password, scope = "user", otp }: SignIn,
    surface: Surface,
    seconds?: number,
  ): Promise<TokenPair> => {
    const holder = await checkCredentials(request, { email, password, surface });
    const wantsDev = scope === "dev";
    if (wantsDev && holder.role !== "dev")
      throw forbidden("dev_role_required", "Only the role dev may sign in with this scope");
    const proof = await proveCode(kernel, request, holder, { otp, wantsDev, surface });
    const opened: Scope = proof === "enrol" ? "enrol" : scope;
    const amr = proof === "otp" ? (["pwd", "otp"] as const) : (["pwd"] as const);

    return db.transaction(async (tx) => {
      const version = await lockHolder(tx, holder);
      if (version === undefined) throw badCredentials(surface);
      const origin = originOf(request);
      const session = await openSession(tx, config, {
        userId: holder.id,
        scope: opened,
        amr,
        client: { key: clientOf(request).key, agent: origin.agent },
        ...(seconds !== undefined && { seconds }),
      });
      await audit(tx, {
        event: "session.opened",
        actor: holder.id,
        subject: { type: "session", id: session.sessionId },
        data: { scope: opened, amr: [...amr], surface },
        origin,
      });
      return tokenPair(tokens, { userId: holder.id, version, scope: opened, ...session });
    });
  };

  return {
    toPortal: (request: Request, signIn: SignIn): Promise<TokenPair> => enter(request, signIn, "portal"),
    /** The session lives as long as its only token. All that is wrong with a code is 401 here, as documented. */
    async toPublishing(request: Request, signIn: Omit<SignIn, "scope">): Promise<string> {
      try {
        const pair = await enter(request, signIn, "publishing", tokens.secondsOf("user"));
        return pair.access_token;
      } catch (error) {
        throw error instanceof AppError && error.status === 403 ? badCredentials("publishing") : error;
      }
    },
  };
}

async function proveCode(
  kernel: Needs,
  request: Request,
  { id, role }: Holder,
  { surface, ...asked }: { otp: string | undefined; wantsDev: boolean; surface: Surface },
) {
  try {
    return await checkCode(kernel, { userId: id, role, request, ...asked });
  } catch (error) {
    const isWrong = error instanceof AppError && error.code === "otp_invalid";
    if (isWrong) await noteWrongCode(kernel.db, request, id, surface);
    throw error;
  }
}

function noteWrongCode(db: Db, request: Request, userId: number, surface: Surface): Promise<void> {
  const event = {
    event: "session.refused",
    actor: null,
    subject: { type: "user", id: userId },
    outcome: "refused",
    data: { reason: "otp", surface },
    origin: originOf(request),
  } as const;
  return db.transaction((tx) => audit(tx, event));
}

/**
 * Holds the account until the session is there, and answers the version of its tokens. Undefined where it was
 * disabled, demoted or given another password since that was checked. A logout meanwhile is no reason to refuse.
 */
async function lockHolder(
  tx: Db,
  { id, role, version, passwordHashes }: Holder,
): Promise<number | undefined> {
  const [row] = await tx
    .select({ version: users.tokenVersion })
    .from(users)
    .where(
      and(
        eq(users.id, id),
        eq(users.role, role),
        isNull(users.disabledAt),
        or(eq(users.tokenVersion, version), inArray(users.passwordHash, [...passwordHashes])),
      ),
    )
    .for("no key update");
  return row?.version;
}
