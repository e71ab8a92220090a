import { and, eq, isNotNull, sql } from "drizzle-orm";
import { t } from "elysia";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { roles, totpFactors, users } from "./tables";

const Moment = t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] });

/** An account as the portal shows it; times in UTC. */
export const PortalUser = t.Object({
  id: t.Integer({ examples: [1] }),
  email: t.Nullable(t.String({ examples: ["ada@example.com"] })),
  username: t.String({ examples: ["ada"] }),
  full_name: t.String({ examples: ["Ada Lovelace"] }),
  location: t.String({ examples: ["London"] }),
  avatar_url: t.String({ examples: ["default.jpg"] }),
  role: t.UnionEnum(roles),
  verified: t.Boolean({ examples: [true] }),
  totp_enabled: t.Boolean({ examples: [false] }),
  created_at: Moment,
  updated_at: t.Nullable(Moment),
  last_sign_in_at: t.Nullable(Moment),
});
export type PortalUser = typeof PortalUser.static;

/** Throws 404 `not_found` where there is no such account, or no longer. */
export async function getPortalUser(db: Db, id: number): Promise<PortalUser> {
  const [row] = await db
    .select({
      id: users.id,
      email: users.email,
      username: users.username,
      full_name: users.fullName,
      location: users.location,
      avatar_url: users.avatarUrl,
      role: users.role,
      verified: sql<boolean>`${users.verifiedAt} is not null`,
      totp_enabled: sql<boolean>`${totpFactors.userId} is not null`,
      created_at: users.createdAt,
      updated_at: users.updatedAt,
      last_sign_in_at: users.lastSignInAt,
    })
    .from(users)
    .leftJoin(totpFactors, and(eq(totpFactors.userId, users.id), isNotNull(totpFactors.confirmedAt)))
    .where(eq(users.id, id));
  if (!row) throw notFound("account");
  const { created_at, updated_at, last_sign_in_at } = row;
  return {
    ...row,
    created_at: created_at.toISOString(),
    updated_at: updated_at?.toISOString() ?? null,
    last_sign_in_at: last_sign_in_at?.toISOString() ?? null,
  };
}
