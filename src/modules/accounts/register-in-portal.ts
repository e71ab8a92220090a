import { audit } from "#/kernel/audit";
import { AppError, conflict, forbidden } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { mayMail } from "./account-limits";
import { isAllowedEmail } from "./allowed-emails";
import type { Caller } from "./caller";
import { isConfirming } from "./confirming";
import { emailKey, usernameKey } from "./identity-keys";
import { sendLink } from "./mail-account";
import { hashNewPassword } from "./new-password";
import { findByEmailKey, insertUser } from "./queries";
import { randomUsername } from "./random-username";
import { refuseField } from "./refuse-field";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "limits" | "mail">;
export type Registration = { email: string; password: string; full_name?: string };

/**
 * Registers a customer. Where addresses are confirmed the outcome is the same for a new and a known address, in words
 * and in time: the owner of a known one is mailed instead, and undefined is answered. Else the id of the new account,
 * or 409 `email_taken`. Refuses with 403 `registration_closed`, `email_not_allowed`, 422 for address or password.
 */
export async function registerInPortal(
  kernel: Needs,
  { email, password, full_name = "" }: Registration,
  { origin, hashing }: Caller,
): Promise<number | undefined> {
  const { config, db } = kernel;
  if (config.PORTAL_REGISTRATION === "closed")
    throw forbidden("registration_closed", "Registration is closed");
  const key = emailKey(email) ?? refuseField("email", "invalid_email", "This is not an e-mail address");
  if (config.PORTAL_REGISTRATION === "allowlist" && !(await isAllowedEmail(db, config, key)))
    throw forbidden("email_not_allowed", "This address may not register");
  const passwordHash = await hashNewPassword(kernel, password, { email: key }, hashing);

  const confirming = isConfirming(kernel);
  const mayTell = confirming && (await mayMail(kernel, key));
  const username = randomUsername();
  return db.transaction(async (tx) => {
    const id = await insertUser(tx, {
      email: email.trim(),
      emailKey: key,
      username,
      usernameKey: usernameKey(username),
      passwordHash,
      fullName: full_name,
      registeredVia: "portal",
    });
    if (id !== undefined) {
      await audit(tx, {
        event: "account.registered",
        actor: id,
        subject: { type: "user", id },
        data: { via: "portal" },
        origin,
      });
      if (confirming) await sendLink(tx, kernel, { kind: "verify", userId: id, email: email.trim() });
      return confirming ? undefined : id;
    }
    if (!confirming) throw conflict("email_taken", "This address has an account already");
    const known = await findByEmailKey(tx, key);
    // Gone between the two statements: as good as new, and the visitor may simply register again.
    if (!known) throw new AppError(503, "busy", "Cannot register right now, try again", { retryAfter: 1 });
    if (mayTell && !known.disabled)
      await sendLink(tx, kernel, { kind: "known_account", userId: known.id, email: known.email ?? email });
    return undefined;
  });
}
