import { eq, sql } from "drizzle-orm";
import { t } from "elysia";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { oneOf } from "#/kernel/http";
import { roles, totpFactors, users } from "./tables";

const moment = "2026-11-21T09:30:00.000Z";
const Moment = t.String({ format: "date-time", examples: [moment] });

/** An account as the portal shows it to its owner and to the team. */
export const PortalUser = t.Object({
  id: t.Integer({ examples: [1] }),
  email: t.Nullable(t.String({ examples: ["ada@example.com"] })),
  username: t.String({ examples: ["ada"] }),
  full_name: t.String({ examples: ["Ada Lovelace"] }),
  location: t.String({ examples: ["London"] }),
  avatar_url: t.String({ examples: ["default.jpg"] }),
  role: oneOf(roles),
  verified: t.Boolean(),
  totp_enabled: t.Boolean(),
  created_at: Moment,
  updated_at: t.Nullable(Moment),
  last_sign_in_at: t.Nullable(Moment),
});
export type PortalUser = typeof PortalUser.static;

/** What `toPortalUser` makes an account of; with `totpFactors` joined. */
export const portalColumns = {
  id: users.id,
  email: users.email,
  username: users.username,
  full_name: users.fullName,
  location: users.location,
  avatar_url: users.avatarUrl,
  role: users.role,
  verified: sql<boolean>`${users.verifiedAt} is not null`,
  totp_enabled: sql<boolean>`${totpFactors.confirmedAt} is not null`,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
  profileUpdatedAt: users.profileUpdatedAt,
  lastSignInAt: users.lastSignInAt,
};

/** Throws 404 `not_found` where there is no such account, or no longer. */
export async function getPortalUser(db: Db, id: number): Promise<PortalUser> {
  const [row] = await db
    .select(portalColumns)
    .from(users)
    .leftJoin(totpFactors, eq(totpFactors.userId, users.id))
    .where(eq(users.id, id));
  if (!row) throw notFound("account");
  return toPortalUser(row);
}

type Row = Omit<PortalUser, "created_at" | "updated_at" | "last_sign_in_at"> & {
  createdAt: Date;
  updatedAt: Date | null;
  profileUpdatedAt: Date | null;
  lastSignInAt: Date | null;
};

/** Members that are not the portal's are left out. */
export function toPortalUser(row: Row): PortalUser {
  const { id, email, username, full_name, location, avatar_url, role, verified, totp_enabled } = row;
  return {
    id,
    email,
    username,
    full_name,
    location,
    avatar_url,
    role,
    verified,
    totp_enabled,
    created_at: row.createdAt.toISOString(),
    updated_at: later(row.updatedAt, row.profileUpdatedAt)?.toISOString() ?? null,
    last_sign_in_at: row.lastSignInAt?.toISOString() ?? null,
  };
}

/** The publishing surface tells two kinds of change apart; here there is one. */
const later = (a: Date | null, b: Date | null) => (a && b ? (a > b ? a : b) : (a ?? b));
