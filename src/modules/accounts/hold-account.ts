import { and, eq, isNull } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { unauthorized } from "#/kernel/errors";
import type { Account } from "./account";
import { users } from "./tables";

/**
 * Locks the account until the transaction ends. Refuses with 401 `token_revoked` where its sessions were ended since
 * the request came in: the password was judged outside of the transaction, and may be another one by now.
 */
export async function holdAccount(tx: Db, { id, version }: Pick<Account, "id" | "version">): Promise<void> {
  const [row] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), eq(users.tokenVersion, version), isNull(users.disabledAt)))
    .for("update");
  if (!row) throw unauthorized("token_revoked", "Token has been revoked");
}
