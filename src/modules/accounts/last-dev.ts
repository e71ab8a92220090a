import { and, eq, isNull } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { conflict } from "#/kernel/errors";
import { users } from "./tables";

/**
 * Before a dev is demoted, disabled or deleted: refuses with 409 `last_dev` when no other is left. Locks all active
 * devs in one order, so that of two who remove each other one fails.
 */
export async function keepOneDev(tx: Db, userId: number): Promise<void> {
  const devs = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, "dev"), isNull(users.disabledAt)))
    .orderBy(users.id)
    .for("update");
  if (devs.some(({ id }) => id === userId) && devs.length === 1)
    throw conflict("last_dev", "This is the last account of the role dev");
}
