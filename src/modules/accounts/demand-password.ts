import { eq } from "drizzle-orm";
import type { HashCaller } from "#/kernel/crypto";
import { forbidden } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Account } from "./account";
import { accountRules, spend } from "./account-limits";
import { users } from "./tables";
import { verifyPassword } from "./verify-password";

/** Seconds: an account without a password proves itself by having signed in this recently. */
const recentSeconds = 600;

/**
 * Asks a signed-in person for the password once more, before something that a stolen session must not do. Refuses with
 * 403 `wrong_password`, and 429 after ten wrong ones in a quarter of an hour.
 */
export async function demandPassword(
  kernel: Pick<Kernel, "db" | "hashing" | "limits" | "log" | "now">,
  account: Pick<Account, "id" | "sessionAge">,
  password: string,
  caller: HashCaller,
): Promise<void> {
  const [row] = await kernel.db
    .select({ id: users.id, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, account.id));
  if (row && row.passwordHash === null && account.sessionAge <= recentSeconds) return;
  const key = String(account.id);
  await spend(kernel, accountRules.wrongPassword, key);
  const { ok } = await verifyPassword(kernel, row, password, caller);
  if (!ok) throw forbidden("wrong_password", "This is not the password of the account");
  await kernel.limits.giveBack(accountRules.wrongPassword, key);
}
