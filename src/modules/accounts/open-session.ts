import { createHash, createHmac } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import { randomToken } from "#/kernel/crypto";
import type { Db } from "#/kernel/db";
import { type AccessTokens, purposeKey } from "./access-tokens";
import { refreshTokens, type Scope, sessions, users } from "./tables";

/** Scope `dev` ends after 12 hours, one for enrolling with the link that opened it. */
const longestDevSeconds = 43_200;
const enrolSeconds = 1_800;

type Settings = Pick<
  Config,
  "rootSecret" | "SESSION_MAX_DAYS" | "JWT_REFRESH_TOKEN_EXPIRES" | "REFRESH_TOKEN_EXPIRE_MINUTES"
>;

export type NewSession = {
  userId: number;
  scope: Scope;
  amr: readonly ("pwd" | "otp")[];
  /** The client's network (`clientOf(request).key`) and browser. */
  client: { key: string; agent: string | null };
  /** The publishing surface gives no refresh token: its session lives as long as the access token, in seconds. */
  seconds?: number;
};

export type TokenPair = {
  access_token: string;
  refresh_token: string;
  token_type: "bearer";
  expires_in: number;
  scope: Scope;
};

/** Opens a session with its first refresh token, and remembers the sign-in on the account. */
export async function openSession(
  tx: Db,
  config: Settings,
  { userId, scope, amr, client, seconds }: NewSession,
): Promise<{ sessionId: number; refreshToken: string }> {
  const ends = seconds ?? sessionSeconds(config, scope);
  const [session] = await tx
    .insert(sessions)
    .values({
      userId,
      scope,
      amr: [...amr],
      expiresAt: sql`now() + make_interval(secs => ${ends})`,
      ipTag: networkTag(config, client.key),
      agent: client.agent,
    })
    .returning({ id: sessions.id });
  const refreshToken = `gtr_${randomToken(32)}`;
  if (seconds === undefined)
    await tx.insert(refreshTokens).values({
      sessionId: session!.id,
      hash: refreshHash(refreshToken),
      expiresAt: sql`now() + make_interval(secs => ${Math.min(refreshSeconds(config), ends)})`,
    });
  await tx.update(users).set({ failedSignIns: 0, lastSignInAt: sql`now()` }).where(eq(users.id, userId));
  return { sessionId: session!.id, refreshToken };
}

/** Both tokens as the portal answers them. */
export async function tokenPair(
  tokens: AccessTokens,
  session: { userId: number; version: number; sessionId: number; scope: Scope; refreshToken: string },
): Promise<TokenPair> {
  const { refreshToken, ...claims } = session;
  return {
    access_token: await tokens.sign(claims),
    refresh_token: refreshToken,
    token_type: "bearer",
    expires_in: tokens.secondsOf(claims.scope),
    scope: claims.scope,
  };
}

/**
 * Ends every session of an account and every access token that was ever issued for it. Answers the version of the
 * tokens that are good from now on.
 */
export async function endAllSessions(tx: Db, userId: number, why: string): Promise<number> {
  // The account first: a sign-in under way holds its row, so that its session is seen here, or sees the new version.
  const [row] = await tx
    .update(users)
    .set({ tokenVersion: sql`${users.tokenVersion} + 1` })
    .where(eq(users.id, userId))
    .returning({ version: users.tokenVersion });
  await tx
    .update(sessions)
    .set({ revokedAt: sql`now()`, revokedWhy: why })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));
  return row?.version ?? 0;
}

/** SHA-256: all that is stored of a refresh token. */
export const refreshHash = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Seconds a refresh token lives, by whichever variable is set. */
export const refreshSeconds = (config: Settings) =>
  config.JWT_REFRESH_TOKEN_EXPIRES ?? (config.REFRESH_TOKEN_EXPIRE_MINUTES ?? 1440) * 60;

const sessionSeconds = (config: Settings, scope: Scope): number => {
  if (scope === "enrol") return enrolSeconds;
  const longest = config.SESSION_MAX_DAYS * 86_400;
  return scope === "dev" ? Math.min(longest, longestDevSeconds) : longest;
};

/** Tells a network that signed in before from others, without keeping its address. */
export const networkTag = (config: Pick<Config, "rootSecret">, key: string): string =>
  createHmac("sha256", purposeKey(config, "network")).update(key).digest("base64url").slice(0, 22);
