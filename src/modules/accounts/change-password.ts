import { eq, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Kernel } from "#/kernel/kernel";
import { createAccessTokens } from "./access-tokens";
import type { Account } from "./account";
import type { Caller } from "./caller";
import { demandPassword } from "./demand-password";
import { holdAccount } from "./hold-account";
import { endLinks } from "./links";
import { mailNotice } from "./mail-account";
import { hashNewPassword } from "./new-password";
import { endAllSessions, openSession, type TokenPair, tokenPair } from "./open-session";
import { users } from "./tables";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "limits" | "log" | "now">;

/**
 * Ends every session and answers the tokens of a new one for whoever changed it. The owner is mailed.
 * Refuses with 403 `wrong_password`, 422 for the new one.
 */
export async function changePassword(
  kernel: Needs,
  account: Account,
  { current_password, new_password }: { current_password: string; new_password: string },
  { origin, hashing, client }: Caller,
): Promise<TokenPair> {
  const { config, db } = kernel;
  await demandPassword(kernel, account, current_password, hashing);
  const passwordHash = await hashNewPassword(kernel, new_password, account, hashing, "new_password");
  const { id: userId, scope } = account;
  return db.transaction(async (tx) => {
    await holdAccount(tx, account);
    await tx.update(users).set({ passwordHash, updatedAt: sql`now()` }).where(eq(users.id, userId));
    // Whoever had the old password may have asked for another address, or for a link that sets another password.
    await endLinks(tx, userId, "email");
    await endLinks(tx, userId, "reset");
    const version = await endAllSessions(tx, userId, "password_changed");
    const amr = account.amr.includes("otp") ? (["pwd", "otp"] as const) : (["pwd"] as const);
    const session = await openSession(tx, config, {
      userId,
      scope,
      amr,
      client: { key: client, agent: origin.agent },
    });
    await audit(tx, {
      event: "account.password_changed",
      actor: userId,
      subject: { type: "user", id: userId },
      origin,
    });
    await kernel.jobs.enqueue(tx, mailNotice, [
      { kind: "password_changed", userId, key: String(session.sessionId) },
    ]);
    return tokenPair(createAccessTokens(config), { userId, version, scope, ...session });
  });
}
