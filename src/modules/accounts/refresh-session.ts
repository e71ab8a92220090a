import { createHmac } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import { audit, type Origin, originOf } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { unauthorized } from "#/kernel/errors";
import { clientOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { type RateRule, rateLimited } from "#/kernel/rate-limit";
import { createAccessTokens, purposeKey } from "./access-tokens";
import { mailNotice } from "./mail-account";
import { refreshHash, refreshSeconds, type TokenPair, tokenPair } from "./open-session";
import { refreshTokens, type Scope, sessions } from "./tables";

type Needs = Pick<Kernel, "config" | "db" | "jobs" | "limits">;

const rules = {
  network: { name: "refresh", points: 120, seconds: 60 },
  session: { name: "refresh-session", points: 60, seconds: 60 },
} satisfies Record<string, RateRule>;

/** A session that may go on, with the token that comes next. */
type Renewed = { userId: number; version: number; sessionId: number; scope: Scope; refreshToken: string };
type Outcome = Renewed | "refresh_invalid" | "refresh_superseded" | "refresh_reused";

const refusals = {
  refresh_invalid: "This refresh token is not valid, or no longer",
  refresh_superseded: "A later refresh token of the same sign-in is in use already",
  refresh_reused: "This refresh token was used before: the session was ended",
};

/**
 * Exchanges a refresh token for the next pair. The successor is derived from it, so that tabs which refresh at the same
 * moment are given the same one; for REFRESH_GRACE_SECONDS, by the database's clock, a repetition is too. Later it is
 * taken for theft and ends the session. Refuses with 401 `refresh_invalid`, `refresh_superseded`, `refresh_reused`,
 * and 429 `rate_limited`. The scope never widens: it is the session's.
 */
export function createRefreshSession(kernel: Needs) {
  const { config, db } = kernel;
  const tokens = createAccessTokens(config);
  const key = purposeKey(config, "refresh");
  const successorOf = (token: string) => `gtr_${createHmac("sha256", key).update(token).digest("base64url")}`;

  const spend = async (rule: RateRule, client: string) => {
    const verdict = await kernel.limits.consume(rule, client);
    if (!verdict.allowed) throw rateLimited(rule, verdict, "refreshes");
  };

  return async (request: Request, token: string): Promise<TokenPair> => {
    await spend(rules.network, clientOf(request).key);
    const hash = refreshHash(token);
    const sessionId = isRefreshToken.test(token) ? await findSession(db, hash) : undefined;
    if (sessionId === undefined) throw refuse("refresh_invalid");
    await spend(rules.session, String(sessionId));

    const successor = successorOf(token);
    const outcome = await db.transaction(async (tx): Promise<Outcome> => {
      const renewed = await rotate(tx, hash, successor, refreshSeconds(config));
      if (renewed) return renewed;
      const past = await judgeUsed(tx, hash, config.REFRESH_GRACE_SECONDS);
      if (past === "refresh_reused") await endStolen(kernel, tx, sessionId, originOf(request));
      return typeof past === "string" ? past : { ...past, refreshToken: successor };
    });
    if (typeof outcome === "string") throw refuse(outcome);
    return tokenPair(tokens, outcome);
  };
}

const isRefreshToken = /^gtr_[\w-]{43}$/;

const refuse = (code: keyof typeof refusals) => unauthorized(code, refusals[code]);

async function findSession(db: Db, hash: Uint8Array): Promise<number | undefined> {
  const [row] = await db
    .select({ sessionId: refreshTokens.sessionId })
    .from(refreshTokens)
    .where(eq(refreshTokens.hash, hash));
  return row?.sessionId;
}

const lives = sql`s.revoked_at is null and s.expires_at > now() and u.disabled_at is null`;

/**
 * Uses a live token and puts its successor in its place, in one step: of those that come at the same moment one does
 * it, and the others find the token used.
 */
async function rotate(
  tx: Db,
  hash: Uint8Array,
  successor: string,
  seconds: number,
): Promise<Renewed | undefined> {
  const used = await tx.execute(sql`
    update gatehouse.refresh_tokens t set used_at = now()
    from gatehouse.sessions s join gatehouse.users u on u.id = s.user_id
    where t.hash = ${hash} and t.used_at is null and t.expires_at > now() and s.id = t.session_id and ${lives}
    returning t.id::int8 as "parentId", t.session_id::int8 as "sessionId", s.scope, u.id as "userId",
      u.token_version as version`);
  const [row] = rowsOf<Omit<Renewed, "refreshToken"> & { parentId: number | string }>(used);
  if (!row) return;
  const sessionId = Number(row.sessionId);
  await tx.insert(refreshTokens).values({
    sessionId,
    parentId: Number(row.parentId),
    hash: refreshHash(successor),
    expiresAt: sql`least(now() + make_interval(secs => ${seconds}),
      (select expires_at from gatehouse.sessions where id = ${sessionId}))`,
  });
  await tx.update(sessions).set({ lastSeenAt: sql`now()` }).where(eq(sessions.id, sessionId));
  const { userId, version, scope } = row;
  return { userId, version, sessionId, scope, refreshToken: successor };
}

/** What a token is worth that could not be used: asked after that, so that the successor of a twin is seen. */
async function judgeUsed(
  tx: Db,
  hash: Uint8Array,
  graceSeconds: number,
): Promise<Omit<Renewed, "refreshToken"> | Exclude<Outcome, Renewed>> {
  const found = await tx.execute(sql`
    select t.session_id::int8 as "sessionId", s.scope, u.id as "userId", u.token_version as version,
      t.used_at is not null and t.expires_at > now() and ${lives} as "isUsed",
      t.used_at >= now() - make_interval(secs => ${graceSeconds}) as "isRecent",
      next.used_at is not null as "isPassed"
    from gatehouse.refresh_tokens t
    join gatehouse.sessions s on s.id = t.session_id join gatehouse.users u on u.id = s.user_id
    left join gatehouse.refresh_tokens next on next.parent_id = t.id
    where t.hash = ${hash}`);
  const [row] = rowsOf<Omit<Renewed, "refreshToken"> & Record<"isUsed" | "isRecent" | "isPassed", boolean>>(
    found,
  );
  if (!row?.isUsed) return "refresh_invalid";
  if (!row.isRecent) return "refresh_reused";
  if (row.isPassed) return "refresh_superseded";
  const { userId, version, scope } = row;
  return { userId, version, scope, sessionId: Number(row.sessionId) };
}

/** Once: whoever comes second finds the session ended. The owner is mailed. */
async function endStolen(
  { jobs }: Pick<Needs, "jobs">,
  tx: Db,
  sessionId: number,
  origin: Origin,
): Promise<void> {
  const [ended] = await tx
    .update(sessions)
    .set({ revokedAt: sql`now()`, revokedWhy: "reuse" })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
    .returning({ userId: sessions.userId });
  if (!ended) return;
  const { userId } = ended;
  await jobs.enqueue(tx, mailNotice, [{ kind: "session_reused", userId, key: String(sessionId) }]);
  await audit(tx, {
    event: "session.reuse_detected",
    actor: null,
    subject: { type: "session", id: sessionId },
    outcome: "refused",
    data: { user: userId },
    origin,
  });
}
