import { and, eq, isNull, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import { unauthorized } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { createAccessTokens } from "./access-tokens";
import type { Account } from "./account";
import type { Caller } from "./caller";
import { demandPassword } from "./demand-password";
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
    const rows = await tx
      .update(users)
      .set({ passwordHash, updatedAt: sql`now()` })
      .where(and(eq(users.id, userId), isNull(users.disabledAt)))
      .returning({ id: users.id });
    if (rows.length === 0) throw unauthorized("token_revoked", "Token has been revoked");
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
