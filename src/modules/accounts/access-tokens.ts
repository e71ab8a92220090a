import jwt from "@elysiajs/jwt";
import type { Config } from "#/kernel/config";
import { deriveKey, randomToken } from "#/kernel/crypto";
import type { Scope } from "./tables";

/** What an access token says; the role is never among it, but read from the row. */
export type AccessClaims = { userId: number; version: number; sessionId: number; scope: Scope };

/** Why a token is refused: the words of the publishing surface, which documents them. */
export type TokenFault =
  | "Not enough segments"
  | "Invalid token"
  | "Signature has expired"
  | "Signature verification failed";

export type AccessTokens = {
  /** Lifetime in seconds. */
  secondsOf(scope: Scope): number;
  sign(claims: AccessClaims): Promise<string>;
  /** The claims, or what is wrong. The rows of user and session are still to be checked. */
  read(token: string): Promise<AccessClaims | { fault: TokenFault }>;
};

const audience = "gatehouse";
const typ = "at+jwt";
/** A dev's rights are worth more to a thief, so their tokens live shorter. */
const longestDevSeconds = 900;
const clockTolerance = 5;
/** Characters; ours are about 400. */
const longest = 4096;

type Keys = Pick<
  Config,
  | "jwtSecret"
  | "JWT_SECRET_KEY_PREVIOUS"
  | "JWT_ISSUER"
  | "JWT_ACCESS_TOKEN_EXPIRES"
  | "ACCESS_TOKEN_EXPIRE_MINUTES"
>;

/** Seconds an access token lives, by whichever variable is set. */
export const accessSeconds = (
  config: Pick<Keys, "JWT_ACCESS_TOKEN_EXPIRES" | "ACCESS_TOKEN_EXPIRE_MINUTES">,
) => config.JWT_ACCESS_TOKEN_EXPIRES ?? (config.ACCESS_TOKEN_EXPIRE_MINUTES ?? 60) * 60;

/**
 * Access tokens as RFC 9068 shapes them: HS256, `typ: at+jwt`. The plugin pins nothing by itself, so everything is
 * given with each call: algorithm, issuer, audience, type, required claims, age.
 */
export function createAccessTokens(config: Keys): AccessTokens {
  const { JWT_ISSUER: issuer, jwtSecret, JWT_SECRET_KEY_PREVIOUS: previous } = config;
  const lifetime = accessSeconds(config);
  const current = signer(jwtSecret, issuer);
  const older = previous === undefined ? [] : [signer(new TextEncoder().encode(previous), issuer)];
  const options = {
    algorithms: ["HS256"],
    issuer,
    audience,
    typ,
    requiredClaims: ["exp", "iat", "sub", "jti"],
    maxTokenAge: lifetime,
    clockTolerance,
  };
  const secondsOf = (scope: Scope) => (scope === "user" ? lifetime : Math.min(lifetime, longestDevSeconds));

  const verify = async (token: string, currentDate?: Date) => {
    for (const each of [current, ...older]) {
      const payload = await each.verify(token, currentDate ? { ...options, currentDate } : options);
      if (payload !== false) return toClaims(payload);
    }
  };

  return {
    secondsOf,
    sign: ({ userId, version, sessionId, scope }) =>
      current.sign({
        sub: String(userId),
        ver: version,
        sid: String(sessionId),
        scope,
        jti: randomToken(16),
        // A number is a point in time for the plugin, never a lifetime.
        exp: Math.floor(Date.now() / 1000) + secondsOf(scope),
      }),
    async read(token) {
      const segments = token.split(".");
      if (segments.length !== 3) return { fault: "Not enough segments" };
      if (token.length > longest || !segments.every(isCanonical)) return { fault: "Invalid token" };
      const claims = await verify(token);
      if (claims) return claims;
      const issuedAt = readIssuedAt(segments);
      if (issuedAt === undefined) return { fault: "Invalid token" };
      // The plugin tells no cause. What passes on the day it was issued has expired since, the rest is forged.
      const once = await verify(token, issuedAt);
      return { fault: once ? "Signature has expired" : "Signature verification failed" };
    },
  };
}

/** The plugin's functions without its app: tokens are read before any route is chosen. */
const signer = (secret: Uint8Array, iss: string) =>
  jwt({ name: "jwt", secret, alg: "HS256", typ, iss, aud: audience }).decorator.jwt;

const isId = /^[1-9][0-9]{0,9}$/;
const isSessionId = /^[1-9][0-9]{0,15}$/;

function toClaims(payload: Record<string, unknown>): AccessClaims | undefined {
  const { sub, sid, ver, scope } = payload;
  if (typeof sub !== "string" || !isId.test(sub) || Number(sub) > 2_147_483_647) return;
  if (typeof sid !== "string" || !isSessionId.test(sid)) return;
  if (typeof ver !== "number" || !Number.isSafeInteger(ver) || ver < 0) return;
  if (scope !== "user" && scope !== "dev" && scope !== "enrol") return;
  return { userId: Number(sub), version: ver, sessionId: Number(sid), scope };
}

/** One spelling for each token: the plugin also reads padding and other spare bits (RFC 4648 §3.5). */
const isCanonical = (segment: string) => Buffer.from(segment, "base64url").toString("base64url") === segment;

/** Trusted by nobody: it only tells which of two refusals is said. */
function readIssuedAt(segments: readonly string[]): Date | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(segments[1] ?? "", "base64url").toString());
    JSON.parse(Buffer.from(segments[0] ?? "", "base64url").toString());
    const { iat } = (payload ?? {}) as { iat?: unknown };
    return typeof iat === "number" && iat > 0 && iat < 1e11 ? new Date(iat * 1000) : undefined;
  } catch {
    return;
  }
}

/** Keys of one purpose each, so that one kind of token never passes for another. */
export const purposeKey = (
  { rootSecret }: Pick<Config, "rootSecret">,
  purpose: "refresh" | "link" | "network" | "address" | "enrol",
) => deriveKey(rootSecret, purpose);
