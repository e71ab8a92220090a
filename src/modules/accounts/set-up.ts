import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { conflict } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Caller } from "./caller";
import { addConfirmedUser, readAddress } from "./create-user";
import { createLink, findLink, takeLink } from "./links";
import { hashNewPassword } from "./new-password";
import { randomUsername } from "./random-username";
import { users } from "./tables";
import { linkInvalid, linkUsed } from "./verify-email";

/**
 * The token of a new set-up link while there is no account, else undefined. It ends those before it: of several
 * machines that start, the last one's counts.
 */
export function offerSetupLink({ db }: Pick<Kernel, "db">): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    // One by one, so that each sees the link of the one before and ends it.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.setup_link'), 0)`);
    return (await hasAccounts(tx)) ? undefined : createLink(tx, { purpose: "setup", userId: null });
  });
}

/**
 * Makes the first account by the set-up link: a dev, its address taken as confirmed. Answers the token of the link that
 * enrols an authenticator app. Refuses with 400 `link_invalid`, `link_used`, 409 `already_set_up` once there is any
 * account, and 422 for address or password; the link stays good then.
 */
export async function createFirstAccount(
  kernel: Pick<Kernel, "config" | "db" | "hashing">,
  { token, password, email: typed }: { token: string; email: string; password: string },
  { origin, hashing }: Caller,
): Promise<string> {
  const link = await findLink(kernel.db, token, "setup");
  if (!link || (link.expired && !link.used)) throw linkInvalid();
  if (await hasAccounts(kernel.db)) throw alreadySetUp();
  const { email, key } = readAddress(typed);
  const passwordHash = await hashNewPassword(kernel, password, { email: key }, hashing);

  return kernel.db.transaction(async (tx) => {
    // Waits for whoever adds an account at this moment and keeps others waiting, so that what is read next holds.
    await tx.execute(sql`lock table ${users} in share row exclusive mode`);
    if (await hasAccounts(tx)) throw alreadySetUp();
    if (!(await takeLink(tx, token, "setup"))) throw linkUsed();
    const person = { email, username: randomUsername(), role: "dev" as const, passwordHash };
    const id = await addConfirmedUser(tx, person, { via: "setup", origin });
    if (id === undefined) throw alreadySetUp();
    return createLink(tx, { purpose: "enrol", userId: id });
  });
}

async function hasAccounts(db: Db): Promise<boolean> {
  const rows = await db.execute(sql`select exists (select from ${users}) as found`);
  return rowsOf<{ found: boolean }>(rows)[0]?.found ?? false;
}

const alreadySetUp = () => conflict("already_set_up", "There is an account already");
