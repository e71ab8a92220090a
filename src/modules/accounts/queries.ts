import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { emailKey, usernameKey } from "./identity-keys";
import { type RegisteredVia, type Role, users } from "./tables";

export type NewUser = {
  email: string;
  emailKey: string;
  username: string;
  usernameKey: string;
  passwordHash: string;
  fullName?: string;
  role?: Role;
  verified?: boolean;
  registeredVia: RegisteredVia;
};

/** Adds an account unless its address or name is taken: then undefined, and nothing is aborted. */
export async function insertUser(tx: Db, user: NewUser): Promise<number | undefined> {
  const { verified, ...columns } = user;
  const [row] = await tx
    .insert(users)
    .values({ ...columns, ...(verified && { verifiedAt: sql`now()` }) })
    .onConflictDoNothing()
    .returning({ id: users.id });
  return row?.id;
}

/** What the flows by mail need of an account; undefined for an address that has none. */
export async function findByEmailKey(db: Db, key: string) {
  const [row] = await db
    .select({
      id: users.id,
      email: users.email,
      username: users.username,
      verified: sql<boolean>`${users.verifiedAt} is not null`,
      disabled: sql<boolean>`${users.disabledAt} is not null`,
    })
    .from(users)
    .where(eq(users.emailKey, key));
  return row;
}

/** Marks an address as confirmed, once; false when it is already, or when the account has another address now. */
export async function setVerified(tx: Db, userId: number, emailKey: string): Promise<boolean> {
  const rows = await tx
    .update(users)
    .set({ verifiedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(users.id, userId), eq(users.emailKey, emailKey), isNull(users.verifiedAt)))
    .returning({ id: users.id });
  return rows.length > 0;
}

/** Of an address or a username, as somebody types it; undefined where nobody has it. */
export async function findByTypedName(db: Db, typed: string) {
  const key = typed.includes("@") ? emailKey(typed) : undefined;
  const [row] = await db
    .select({ id: users.id, email: users.email, username: users.username })
    .from(users)
    .where(key === undefined ? eq(users.usernameKey, usernameKey(typed)) : eq(users.emailKey, key));
  return row;
}
