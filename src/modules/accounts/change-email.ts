import { and, eq, isNull, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { conflict } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Account } from "./account";
import { mayMail } from "./account-limits";
import type { Caller } from "./caller";
import { isConfirming } from "./confirming";
import { demandPassword } from "./demand-password";
import { holdAccount } from "./hold-account";
import { emailKey } from "./identity-keys";
import { endLinks, findLink, takeLink } from "./links";
import { mailNotice, sendLink } from "./mail-account";
import { endAllSessions } from "./open-session";
import { findByEmailKey } from "./queries";
import { refuseField } from "./refuse-field";
import { users } from "./tables";
import { brokenConstraint } from "./unique-violation";
import { linkInvalid, linkUsed } from "./verify-email";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "limits" | "log" | "mail" | "now">;

/**
 * Asks for another address. Where addresses are confirmed, a link goes to the new one, the old one is told with a way
 * back, and `pending` is answered whether or not the new one has an account (its owner is told). Else the address
 * changes at once and every session ends. Refuses with 403 `wrong_password`, 409 `email_taken` where nothing is
 * confirmed, 422 for the address.
 */
export async function requestEmailChange(
  kernel: Needs,
  account: Account,
  { email, password }: { email: string; password: string },
  caller: Caller,
): Promise<"pending" | "changed"> {
  const key = emailKey(email) ?? refuseField("email", "invalid_email", "This is not an e-mail address");
  await demandPassword(kernel, account, password, caller.hashing);
  const { origin } = caller;
  const address = email.trim();
  if (!isConfirming(kernel)) {
    await kernel.db.transaction(async (tx) => {
      await holdAccount(tx, account);
      await changeEmail(tx, account.id, { address, key, origin });
    });
    return "changed";
  }
  const mayTell = await mayMail(kernel, key);
  await kernel.db.transaction(async (tx) => {
    await holdAccount(tx, account);
    await audit(tx, {
      event: "account.email_change_requested",
      actor: account.id,
      subject: { type: "user", id: account.id },
      details: { before: account.email, after: address },
      origin,
    });
    // In every case: a link that still works would tell that the address asked for now has an account.
    await endLinks(tx, account.id, "email");
    const owner = await findByEmailKey(tx, key);
    if (mayTell && !owner) await sendLink(tx, kernel, { kind: "email", userId: account.id, email: address });
    else if (mayTell && owner && owner.id !== account.id) {
      const notice = { kind: "email_taken" as const, userId: owner.id, key: origin.requestId.slice(0, 40) };
      await kernel.jobs.enqueue(tx, mailNotice, [notice]);
    }
    if (account.email)
      await sendLink(tx, kernel, { kind: "email_requested", userId: account.id, email: account.email });
  });
  return "pending";
}

/**
 * The click on the link that went to the new address: it is the account's from now on, confirmed, and every session
 * ends. Refuses with 400 `link_invalid` or `link_used`, 409 `email_taken` when somebody else has it meanwhile.
 */
export async function confirmEmailChange(
  { db }: Pick<Needs, "db">,
  token: string,
  origin: Origin,
): Promise<void> {
  await db.transaction(async (tx) => {
    const taken = await takeLink(tx, token, "email");
    if (!taken) throw (await findLink(tx, token, "email"))?.used ? linkUsed() : linkInvalid();
    const key = emailKey(taken.email);
    if (taken.userId === null || key === undefined) throw linkInvalid();
    await changeEmail(tx, taken.userId, { address: taken.email, key, origin, confirmed: true });
  });
}

/** The constraint decides who gets an address that two ask for; nothing of the transaction stays for the other. */
async function changeEmail(
  tx: Db,
  userId: number,
  { address, key, origin, confirmed }: { address: string; key: string; origin: Origin; confirmed?: true },
): Promise<void> {
  const [before] = await tx
    .select({ email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.disabledAt)))
    .for("update");
  if (!before) throw linkInvalid();
  try {
    await tx
      .update(users)
      .set({
        email: address,
        emailKey: key,
        updatedAt: sql`now()`,
        ...(confirmed && { verifiedAt: sql`now()` }),
      })
      .where(eq(users.id, userId));
  } catch (error) {
    if (brokenConstraint(error) !== undefined)
      throw conflict("email_taken", "This address has an account already");
    throw error;
  }
  await endAllSessions(tx, userId, "email_changed");
  await audit(tx, {
    event: "account.email_changed",
    actor: userId,
    subject: { type: "user", id: userId },
    details: { before: before.email, after: address },
    origin,
  });
}
