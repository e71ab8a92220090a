import { eq, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import { notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Actor } from "./change-user";
import { endLinks } from "./links";
import { hashNewPassword } from "./new-password";
import { endAllSessions } from "./open-session";
import { users } from "./tables";

/** Sets a password without the old one, for the operator, and ends every session. Refuses with 404, 422. */
export async function setPassword(
  kernel: Pick<Kernel, "db" | "hashing"> & { config: Pick<Config, "PASSWORD_MIN_LENGTH"> },
  actor: Actor,
  account: { id: number; email: string | null; username: string },
  password: string,
): Promise<void> {
  const { id } = account;
  const passwordHash = await hashNewPassword(kernel, password, account, {});
  await kernel.db.transaction(async (tx) => {
    const rows = await tx
      .update(users)
      .set({ passwordHash, failedSignIns: 0, updatedAt: sql`now()` })
      .where(eq(users.id, id))
      .returning({ id: users.id });
    if (rows.length === 0) throw notFound("account");
    // Whoever had asked for a link before must not come back by it.
    for (const purpose of ["reset", "email"] as const) await endLinks(tx, id, purpose);
    await endAllSessions(tx, id, "password_changed");
    await audit(tx, {
      event: "account.password_changed",
      actor: actor.id,
      subject: { type: "user", id },
      ...(actor.origin && { origin: actor.origin }),
    });
  });
}
