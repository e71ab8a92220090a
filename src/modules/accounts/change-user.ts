import { eq, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { isNewUsername, usernameKey } from "./identity-keys";
import { keepOneDev } from "./last-dev";
import { endLinks } from "./links";
import { sendLink } from "./mail-account";
import { endAllSessions } from "./open-session";
import { refuseField } from "./refuse-field";
import { codeFailures, type Role, recoveryCodes, totpFactors, users } from "./tables";
import { brokenConstraint } from "./unique-violation";

/** Who of the team acts: the id of the account, null for a command; where the request came from. */
export type Actor = { id: number | null; origin?: Origin };
export type UserChange = {
  role?: Role;
  verified?: boolean;
  disabled?: boolean;
  username?: string;
  full_name?: string;
};

type Row = {
  id: number;
  role: Role;
  username: string;
  verified: boolean;
  disabled: boolean;
  email: string | null;
};

/**
 * Changes an account as the team may. A change of role or of `disabled` ends every session at once. Refuses with 404,
 * 409 `last_dev`, `username_taken`, and 422 where a dev would have no confirmed address.
 */
export function changeUser(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  id: number,
  change: UserChange,
): Promise<void> {
  return db.transaction(async (tx) => {
    const demotes = (change.role !== undefined && change.role !== "dev") || change.disabled === true;
    if (demotes) await keepOneDev(tx, id);
    const before = await lockUser(tx, id);
    const after = { ...before, ...change };
    if (after.role === "dev" && (!after.verified || before.email === null))
      refuseField("role", "needs_verified_address", "A dev needs a confirmed address");
    if (
      change.username !== undefined &&
      change.username !== before.username &&
      !isNewUsername(change.username)
    )
      refuseField("username", "invalid_username", "This name cannot be taken");

    await update(tx, before, change);
    if (after.role !== before.role) await endAllSessions(tx, id, "role_changed");
    else if (after.disabled && !before.disabled) await endAllSessions(tx, id, "disabled");
    for (const event of eventsOf(before, change)) await audit(tx, { ...event, ...by(actor, id) });
  });
}

/** Ends every session of an account. */
export function signOutUser({ db }: Pick<Kernel, "db">, actor: Actor, id: number): Promise<void> {
  return db.transaction(async (tx) => {
    await lockUser(tx, id);
    await endAllSessions(tx, id, "signed_out_by_team");
    await audit(tx, { event: "session.revoked", ...by(actor, id) });
  });
}

/** Mails a link that sets a new password. Refuses with 409 `no_address` where there is none. */
export function sendReset(
  kernel: Pick<Kernel, "config" | "db" | "jobs">,
  actor: Actor,
  id: number,
): Promise<void> {
  return kernel.db.transaction(async (tx) => {
    const { email } = await lockUser(tx, id);
    if (email === null) throw conflict("no_address", "This account has no address");
    await sendLink(tx, kernel, { kind: "reset", userId: id, email });
    await audit(tx, { event: "admin.user_changed", data: { members: ["password_link"] }, ...by(actor, id) });
  });
}

/** Removes the authenticator app and the recovery codes of an account, and ends its sessions. */
export function resetTotp({ db }: Pick<Kernel, "db">, actor: Actor, id: number): Promise<void> {
  return db.transaction(async (tx) => {
    await lockUser(tx, id);
    await tx.delete(totpFactors).where(eq(totpFactors.userId, id));
    await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, id));
    await tx.delete(codeFailures).where(eq(codeFailures.userId, id));
    await endLinks(tx, id, "enrol");
    await endAllSessions(tx, id, "totp_removed");
    await audit(tx, { event: "account.totp_removed", ...by(actor, id) });
  });
}

const by = ({ id: actor, origin }: Actor, id: number) => ({
  actor,
  subject: { type: "user", id },
  ...(origin && { origin }),
});

async function lockUser(tx: Db, id: number): Promise<Row> {
  const [row] = await tx
    .select({
      id: users.id,
      role: users.role,
      username: users.username,
      email: users.email,
      verified: sql<boolean>`${users.verifiedAt} is not null`,
      disabled: sql<boolean>`${users.disabledAt} is not null`,
    })
    .from(users)
    .where(eq(users.id, id))
    .for("update");
  if (!row) throw notFound("account");
  return row;
}

async function update(tx: Db, before: Row, change: UserChange): Promise<void> {
  const { role, verified, disabled, username, full_name } = change;
  const set = {
    ...(role !== undefined && { role }),
    ...(username !== undefined && { username, usernameKey: usernameKey(username) }),
    ...(full_name !== undefined && { fullName: full_name, profileUpdatedAt: sql`now()` }),
    ...(verified !== undefined &&
      verified !== before.verified && { verifiedAt: verified ? sql`now()` : null }),
    ...(disabled !== undefined &&
      disabled !== before.disabled && { disabledAt: disabled ? sql`now()` : null }),
  };
  if (Object.keys(set).length === 0) return;
  try {
    await tx
      .update(users)
      .set({ ...set, updatedAt: sql`now()` })
      .where(eq(users.id, before.id));
  } catch (error) {
    if (brokenConstraint(error) !== undefined)
      throw conflict("username_taken", "Another account has this name");
    throw error;
  }
}

type Event = Pick<Parameters<typeof audit>[1], "event" | "data" | "details">;

function eventsOf(before: Row, { role, verified, disabled, username, full_name }: UserChange): Event[] {
  const events: Event[] = [];
  if (role !== undefined && role !== before.role)
    events.push({ event: "account.role_changed", data: { before: before.role, after: role } });
  if (disabled !== undefined && disabled !== before.disabled)
    events.push({ event: disabled ? "account.disabled" : "account.enabled" });
  if (username !== undefined && username !== before.username)
    events.push({ event: "account.username_changed", details: { before: before.username, after: username } });
  const others = [
    ...(verified !== undefined && verified !== before.verified ? ["verified"] : []),
    ...(full_name !== undefined ? ["full_name"] : []),
  ];
  if (others.length > 0)
    events.push({
      event: "admin.user_changed",
      data: { members: others, ...(others.includes("verified") && { verified: verified ?? null }) },
    });
  return events;
}
