import { and, eq, isNull, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { notFound, unauthorized } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { endAllSessions, refreshHash } from "./open-session";
import { refreshTokens, sessions, users } from "./tables";

type Caller = { id: number; sessionId: number };

/** Ends every session of the account, on all devices, and every access token it was ever given. */
export function signOut(
  { db }: Pick<Kernel, "db">,
  { id, sessionId }: Caller,
  origin: Origin,
): Promise<void> {
  return db.transaction(async (tx) => {
    await endAllSessions(tx, id, "logout");
    await audit(tx, {
      event: "session.closed",
      actor: id,
      subject: { type: "session", id: sessionId },
      origin,
    });
  });
}

/** Ends one session of the account. Refuses with 404 `not_found`, also one of somebody else or one that has ended. */
export function revokeSession(
  { db }: Pick<Kernel, "db">,
  { id }: Pick<Caller, "id">,
  sessionId: number,
  origin: Origin,
): Promise<void> {
  return db.transaction(async (tx) => {
    const [ended] = await tx
      .update(sessions)
      .set({ revokedAt: sql`now()`, revokedWhy: "revoked" })
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, id), isOpen()))
      .returning({ id: sessions.id });
    if (!ended) throw notFound("session");
    await audit(tx, {
      event: "session.revoked",
      actor: id,
      subject: { type: "session", id: sessionId },
      origin,
    });
  });
}

/** Whose session a refresh token belongs to; refuses with 401 `refresh_invalid` all but the one that is good now. */
export async function findTokenOwner(db: Db, token: string): Promise<Caller> {
  const [row] = await db
    .select({ id: sessions.userId, sessionId: sessions.id })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(refreshTokens.hash, refreshHash(token)),
        isNull(refreshTokens.usedAt),
        sql`${refreshTokens.expiresAt} > now()`,
        isNull(users.disabledAt),
        isOpen(),
      ),
    );
  if (!row) throw unauthorized("refresh_invalid", "This refresh token is not valid, or no longer");
  return row;
}

export const isOpen = () => and(isNull(sessions.revokedAt), sql`${sessions.expiresAt} > now()`);
