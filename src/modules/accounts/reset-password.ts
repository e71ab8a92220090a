import { eq, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Kernel } from "#/kernel/kernel";
import type { Caller } from "./caller";
import { emailKey } from "./identity-keys";
import { endLinks, findLink, takeLink } from "./links";
import { hashNewPassword } from "./new-password";
import { endAllSessions } from "./open-session";
import { recoveryCodes, totpFactors, users } from "./tables";
import { linkInvalid, linkUsed } from "./verify-email";

type Needs = Pick<Kernel, "config" | "db" | "hashing">;

/**
 * Sets a new password by a mailed link, which proves the address too; ends every session and signs nobody in. Whoever
 * registered the address in advance without confirming it loses what they held, an enrolled app included.
 * Refuses with 400 `link_invalid` or `link_used`, 422 for the password; the link stays good then.
 */
export async function resetPassword(
  kernel: Needs,
  { token, password }: { token: string; password: string },
  { origin, hashing }: Caller,
): Promise<void> {
  const link = await findLink(kernel.db, token, "reset");
  if (!link || (link.expired && !link.used)) throw linkInvalid();
  if (link.used) throw linkUsed();
  const passwordHash = await hashNewPassword(kernel, password, { email: link.email }, hashing);

  await kernel.db.transaction(async (tx) => {
    const taken = await takeLink(tx, token, "reset");
    if (!taken) throw linkUsed();
    const { userId } = taken;
    const [owner] =
      userId === null
        ? []
        : await tx
            .select({ key: users.emailKey, verifiedAt: users.verifiedAt, disabledAt: users.disabledAt })
            .from(users)
            .where(eq(users.id, userId))
            .for("update");
    if (userId === null || !owner || owner.disabledAt) throw linkInvalid();
    const proven = owner.key !== null && owner.key === emailKey(taken.email);
    if (!owner.verifiedAt) {
      await tx.delete(totpFactors).where(eq(totpFactors.userId, userId));
      await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
    }
    await tx
      .update(users)
      .set({
        passwordHash,
        failedSignIns: 0,
        updatedAt: sql`now()`,
        ...(proven && { verifiedAt: sql`coalesce(${users.verifiedAt}, now())` }),
      })
      .where(eq(users.id, userId));
    // Whoever had the old password may have asked for another address with it.
    await endLinks(tx, userId, "email");
    await endAllSessions(tx, userId, "password_reset");
    await audit(tx, {
      event: "account.password_reset",
      actor: userId,
      subject: { type: "user", id: userId },
      origin,
    });
  });
}
