import { and, desc, eq } from "drizzle-orm";
import { t } from "elysia";
import type { Db } from "#/kernel/db";
import { oneOf } from "#/kernel/http";
import { isOpen } from "./sign-out";
import { scopes, sessions } from "./tables";

const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });

/** A session as its owner sees it. */
export const ShownSession = t.Object({
  id: t.Integer({ examples: [7] }),
  scope: oneOf(scopes),
  agent: t.Nullable(t.String({ description: "What the browser called itself", examples: ["Firefox"] })),
  created_at: Moment,
  last_seen_at: Moment,
  expires_at: Moment,
  current: t.Boolean({ description: "The one that asks" }),
});

const most = 100;

/** The open sessions of an account, newest first, at most 100. */
export async function listSessions(
  db: Db,
  { id, sessionId }: { id: number; sessionId: number },
): Promise<(typeof ShownSession.static)[]> {
  const rows = await db
    .select({
      id: sessions.id,
      scope: sessions.scope,
      agent: sessions.agent,
      created_at: sessions.createdAt,
      last_seen_at: sessions.lastSeenAt,
      expires_at: sessions.expiresAt,
    })
    .from(sessions)
    .where(and(eq(sessions.userId, id), isOpen()))
    .orderBy(desc(sessions.id))
    .limit(most);
  return rows.map((row) => ({
    ...row,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    current: row.id === sessionId,
  }));
}
