import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { sessions, users } from "./tables";

export type AccountFigures = {
  users: {
    total: number;
    verified: number;
    disabled: number;
    by_role: { user: number; editor: number; dev: number };
    new_7d: number;
  };
  sessions: { open: number };
  sign_ins: { ok_24h: number; refused_24h: number };
};

/** Rows looked at for each figure; a larger count is answered as this one. */
const most = 5_000;

/** What devs see of the accounts as a whole. */
export async function countAccounts(db: Db): Promise<AccountFigures> {
  const rows = await db.execute(sql`
    with known as (select role, verified_at, disabled_at, created_at from gatehouse.users limit ${most}::int),
    lately as (
      select event from gatehouse.audit_events
      where at > now() - interval '24 hours' and event in ('session.opened', 'session.refused')
      limit ${most}::int)
    select count(*)::int as total,
      count(*) filter (where verified_at is not null)::int as verified,
      count(*) filter (where disabled_at is not null)::int as disabled,
      count(*) filter (where role = 'user')::int as "user",
      count(*) filter (where role = 'editor')::int as editor,
      count(*) filter (where role = 'dev')::int as dev,
      count(*) filter (where created_at > now() - interval '7 days')::int as new_7d,
      (select count(*)::int from (
        select 1 from gatehouse.sessions where revoked_at is null and expires_at > now() limit ${most}::int) as open)
        as open,
      (select count(*)::int from lately where event = 'session.opened') as ok_24h,
      (select count(*)::int from lately where event = 'session.refused') as refused_24h
    from known`);
  const [row] = rowsOf<Record<string, number>>(rows);
  const of = (name: string) => row?.[name] ?? 0;
  return {
    users: {
      total: of("total"),
      verified: of("verified"),
      disabled: of("disabled"),
      by_role: { user: of("user"), editor: of("editor"), dev: of("dev") },
      new_7d: of("new_7d"),
    },
    sessions: { open: of("open") },
    sign_ins: { ok_24h: of("ok_24h"), refused_24h: of("refused_24h") },
  };
}

/** Sessions of one person that are open, at most `limit`. */
export async function countOwnSessions(db: Db, userId: number, limit: number): Promise<number> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, sql`now()`)))
    .limit(limit);
  return rows.length;
}

/** When somebody became a member, and signed in last; undefined for an account that is gone. */
export async function findMembership(db: Db, userId: number) {
  const [row] = await db
    .select({ since: users.createdAt, lastSignInAt: users.lastSignInAt })
    .from(users)
    .where(eq(users.id, userId));
  return row;
}
