import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { AccessClaims } from "./access-tokens";
import type { Role, Scope } from "./tables";

/** Who makes a request, read anew for each: a role or a logout acts at once. */
export type Account = {
  id: number;
  email: string | null;
  username: string;
  role: Role;
  verified: boolean;
  /** Of its tokens: counted up by whatever ends its sessions. */
  version: number;
  scope: Scope;
  sessionId: number;
  /** How the session was opened: `pwd`, `otp`. */
  amr: readonly string[];
  /** Whole seconds since the session was opened, by the database's clock. */
  sessionAge: number;
};

/** The account behind a token, both rows by primary key; undefined when either has ended it since. */
export async function findCaller(db: Db, claims: AccessClaims): Promise<Account | undefined> {
  const { userId, sessionId, version, scope } = claims;
  const rows = await db.execute(sql`
    select u.id, u.email, u.username, u.role, u.verified_at is not null as verified, u.token_version as version,
      s.scope,
      array_to_string(s.amr, ' ') as amr, floor(extract(epoch from now() - s.created_at))::int as "sessionAge"
    from gatehouse.sessions s join gatehouse.users u on u.id = s.user_id
    where s.id = ${sessionId} and u.id = ${userId} and u.token_version = ${version} and s.scope = ${scope}
      and u.disabled_at is null and s.revoked_at is null and s.expires_at > now()`);
  const [row] = rowsOf<Omit<Account, "amr" | "sessionId"> & { amr: string }>(rows);
  return row && { ...row, amr: row.amr.split(" "), sessionId };
}
