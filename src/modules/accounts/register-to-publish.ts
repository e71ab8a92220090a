import { audit } from "#/kernel/audit";
import { AppError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { isAllowedEmail } from "./allowed-emails";
import type { Caller } from "./caller";
import { checkNewPassword, type PasswordFault } from "./check-password";
import { isConfirming } from "./confirming";
import { hashPassword } from "./hash-password";
import { emailKey, isNewUsername, usernameKey } from "./identity-keys";
import { sendLink } from "./mail-account";
import { getPublishingAccount, type PublishingAccount } from "./publishing-account";
import { findByEmailKey, insertUser } from "./queries";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "mail">;

/** Every refusal of this surface is 400 and speaks in the documented words. */
export const refuse = (code: string, message: string): never => {
  throw new AppError(400, code, message);
};

const keys = ["email", "password", "username"] as const;
type Registration = Record<(typeof keys)[number], string>;

/**
 * The members of a body, or 400: `Missing request body`, `Expected '<key>' key` for the first that is absent, no text
 * or blank.
 */
export function demandKeys<const K extends readonly string[]>(
  body: unknown,
  wanted: K,
): Record<K[number], string> {
  const isEmpty = typeof body !== "object" || body === null || Object.keys(body).length === 0;
  if (isEmpty || Array.isArray(body)) refuse("missing_body", "Missing request body");
  const given = body as Record<string, unknown>;
  for (const key of wanted) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (typeof value !== "string" || value.trim() === "") refuse("missing_key", `Expected '${key}' key`);
  }
  return given as Record<K[number], string>;
}

const weaknesses: Record<PasswordFault, string> = {
  too_short: "Password is too short",
  too_long: "Password is too long",
  too_common: "Password is too common",
  same_as_account: "Password is too common",
  not_text: "Invalid request body",
};

/**
 * Registers somebody who may publish, and mails the link that confirms the address. The checks stand in the documented
 * order; who is not on the list learns nothing of who is. The two "already exists" quote what was sent, as documented.
 */
export async function registerToPublish(
  kernel: Needs,
  body: unknown,
  { origin, hashing }: Caller,
): Promise<PublishingAccount> {
  const { email, password, username }: Registration = demandKeys(body, keys);
  const { config, db } = kernel;
  const key = emailKey(email);
  if (key === undefined || !(await isAllowedEmail(db, config, key)))
    return refuse("not_whitelisted", "Email not whitelisted");
  if (!isNewUsername(username)) return refuse("invalid_username", "Invalid username");
  const weakness = checkNewPassword(password, { email: key, username }, config.PASSWORD_MIN_LENGTH);
  if (weakness) return refuse(weakness, weaknesses[weakness]);
  const passwordHash = await hashPassword(kernel, password, hashing);

  const id = await db.transaction(async (tx) => {
    const added = await insertUser(tx, {
      email: email.trim(),
      emailKey: key,
      username,
      usernameKey: usernameKey(username),
      passwordHash,
      registeredVia: "publishing",
    });
    if (added === undefined) {
      if (await findByEmailKey(tx, key))
        return refuse("email_taken", `Account with the email '${email}' already exists`);
      return refuse("username_taken", `Account with the username '${username}' already exists`);
    }
    await audit(tx, {
      event: "account.registered",
      actor: added,
      subject: { type: "user", id: added },
      data: { via: "publishing" },
      origin,
    });
    if (isConfirming(kernel))
      await sendLink(tx, kernel, { kind: "verify", userId: added, email: email.trim() });
    return added;
  });
  return getPublishingAccount(db, id);
}
