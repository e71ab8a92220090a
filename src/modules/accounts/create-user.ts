import { audit, type Origin } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { conflict } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { emailKey, isNewUsername, usernameKey } from "./identity-keys";
import { createLink } from "./links";
import { hashNewPassword } from "./new-password";
import { findByEmailKey, insertUser } from "./queries";
import { randomUsername } from "./random-username";
import { refuseField } from "./refuse-field";
import type { Role } from "./tables";

type Person = { email: string; username: string; role: Role; passwordHash: string };

/**
 * An account that the operator makes, its address taken as confirmed. For a dev also the token of a link that enrols an
 * authenticator app. Refuses with 422 for address, name or password, and 409 `email_taken`, `username_taken`.
 */
export async function createUser(
  kernel: Pick<Kernel, "db" | "hashing"> & { config: Pick<Config, "PASSWORD_MIN_LENGTH"> },
  wanted: { email: string; username?: string | undefined; role: Role; password: string },
): Promise<{ id: number; enrolToken: string | undefined }> {
  const { username = randomUsername(), role, password } = wanted;
  const { email, key } = readAddress(wanted.email);
  if (!isNewUsername(username)) refuseField("username", "invalid_username", "This name cannot be taken");
  const passwordHash = await hashNewPassword(kernel, password, { email: key, username }, {});

  return kernel.db.transaction(async (tx) => {
    const id = await addConfirmedUser(tx, { email, username, role, passwordHash }, { via: "cli" });
    if (id === undefined) {
      if (await findByEmailKey(tx, key)) throw conflict("email_taken", "This address has an account already");
      throw conflict("username_taken", "Another account has this name");
    }
    const enrolToken = role === "dev" ? await createLink(tx, { purpose: "enrol", userId: id }) : undefined;
    return { id, enrolToken };
  });
}

/** As it is stored, and its key; refuses with 422. */
export function readAddress(typed: string): { email: string; key: string } {
  const key = emailKey(typed) ?? refuseField("email", "invalid_email", "This is not an e-mail address");
  return { email: typed.trim(), key };
}

/** Its id, or undefined when the address or the name is taken. `actor` null is the operator at a command line. */
export async function addConfirmedUser(
  tx: Db,
  { email, username, role, passwordHash }: Person,
  { via, origin }: { via: "cli" | "setup"; origin?: Origin },
): Promise<number | undefined> {
  const id = await insertUser(tx, {
    email,
    emailKey: readAddress(email).key,
    username,
    usernameKey: usernameKey(username),
    passwordHash,
    role,
    verified: true,
    registeredVia: via === "cli" ? "cli" : "portal",
  });
  if (id !== undefined)
    await audit(tx, {
      event: "account.registered",
      actor: via === "cli" ? null : id,
      subject: { type: "user", id },
      data: { via, role },
      ...(origin && { origin }),
    });
  return id;
}
