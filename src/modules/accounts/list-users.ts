import { and, desc, eq, gte, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import { t } from "elysia";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { oneOf } from "#/kernel/http";
import { PortalUser, portalColumns, toPortalUser } from "./portal-user";
import { identities, type RegisteredVia, type Role, sessions, totpFactors, users } from "./tables";

export const registrations = [
  "publishing",
  "portal",
  "github",
  "cli",
  "import",
] as const satisfies RegisteredVia[];

/** An account as the team sees it. */
export const AdminUser = t.Object({
  ...PortalUser.properties,
  disabled: t.Boolean({ examples: [false] }),
  registered_via: oneOf(registrations),
  github_login: t.Nullable(t.String({ examples: [null] })),
  sessions_open: t.Integer({ examples: [1] }),
});
export type AdminUser = typeof AdminUser.static;

export type UserFilters = {
  /** The beginning of an address or a name, at least two characters. */
  q?: string;
  role?: Role;
  verified?: boolean;
  disabled?: boolean;
  via?: RegisteredVia;
  from?: Date;
  to?: Date;
};

const columns = {
  ...portalColumns,
  disabled: sql<boolean>`${users.disabledAt} is not null`,
  registered_via: users.registeredVia,
  github_login: identities.login,
  sessions_open: sql<number>`(
    select count(*)::int from ${sessions} as open
    where open.user_id = ${users.id} and open.revoked_at is null and open.expires_at > now())`,
};

/** Newest first, at most `limit`; `after` is the last id of the page before. */
export async function listUsers(
  db: Db,
  { limit, after, ...filters }: UserFilters & { limit: number; after?: number },
): Promise<AdminUser[]> {
  const rows = await select(
    db,
    and(...wherever(filters), after === undefined ? undefined : lt(users.id, after)),
  )
    .orderBy(desc(users.id))
    .limit(limit);
  return rows.map(toAdminUser);
}

/** Throws 404 where there is no such account. */
export async function getAdminUser(db: Db, id: number): Promise<AdminUser> {
  const [row] = await select(db, eq(users.id, id));
  if (!row) throw notFound("account");
  return toAdminUser(row);
}

const select = (db: Db, where: SQL | undefined) =>
  db
    .select(columns)
    .from(users)
    .leftJoin(totpFactors, and(eq(totpFactors.userId, users.id), isNotNull(totpFactors.confirmedAt)))
    .leftJoin(identities, and(eq(identities.userId, users.id), eq(identities.provider, "github")))
    .where(where);

const toAdminUser = (row: Awaited<ReturnType<typeof select>>[number]): AdminUser => ({
  ...toPortalUser(row),
  disabled: row.disabled,
  registered_via: row.registered_via,
  github_login: row.github_login,
  sessions_open: row.sessions_open,
});

function wherever({ q, role, verified, disabled, via, from, to }: UserFilters): (SQL | undefined)[] {
  const prefix = q === undefined ? undefined : `${escapeLike(q.trim().normalize("NFC").toLowerCase())}%`;
  return [
    prefix === undefined ? undefined : or(like(users.emailKey, prefix), like(users.usernameKey, prefix)),
    role && eq(users.role, role),
    via && eq(users.registeredVia, via),
    verified === undefined ? undefined : verified ? isNotNull(users.verifiedAt) : isNull(users.verifiedAt),
    disabled === undefined ? undefined : disabled ? isNotNull(users.disabledAt) : isNull(users.disabledAt),
    from && gte(users.createdAt, from),
    to && lt(users.createdAt, to),
  ];
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, "\\$&");
