import { eq, inArray, or, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import { auditDetails, auditEvents } from "#/kernel/audit/tables";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Account } from "./account";
import type { Caller } from "./caller";
import { demandPassword } from "./demand-password";
import { holdAccount } from "./hold-account";
import { keepOneDev } from "./last-dev";
import { checkCode } from "./one-time-codes";
import { users } from "./tables";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "limits" | "log" | "mail" | "now">;

/**
 * Deletes an account with everything that is its own, in one transaction: sessions, factors and settings go with the
 * row by their foreign keys. What the person once sent to the team stays the team's.
 * Refuses with 403 `wrong_password`, `otp_required`, `otp_invalid`, 409 `last_dev`.
 */
export async function deleteAccount(
  kernel: Needs,
  account: Account,
  { password = "", otp }: { password?: string; otp?: string },
  { origin, hashing }: Caller,
  request: Request,
): Promise<void> {
  await demandPassword(kernel, account, password, hashing);
  await checkCode(kernel, { userId: account.id, role: account.role, otp, wantsDev: false, request });
  await kernel.db.transaction(async (tx) => {
    await keepOneDev(tx, account.id);
    await holdAccount(tx, account);
    await tx.delete(users).where(eq(users.id, account.id));
    await eraseDetails(tx, account.id);
    await audit(tx, {
      event: "account.deleted",
      actor: account.id,
      subject: { type: "user", id: account.id },
      data: { role: account.role },
      origin,
    });
  });
}

/** The personal part of the person's events; the events stay, and so does the chain. */
async function eraseDetails(tx: Db, userId: number): Promise<void> {
  const own = tx
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(
      or(
        eq(auditEvents.actorId, userId),
        sql`(${auditEvents.subjectType}, ${auditEvents.subjectId}) = ('user', ${String(userId)})`,
      ),
    );
  await tx.delete(auditDetails).where(inArray(auditDetails.eventId, own));
}
