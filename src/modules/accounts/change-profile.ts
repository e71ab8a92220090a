import { eq, sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import { conflict } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Account } from "./account";
import type { Caller } from "./caller";
import { isNewUsername, usernameKey } from "./identity-keys";
import { refuseField } from "./refuse-field";
import { users } from "./tables";
import { brokenConstraint } from "./unique-violation";

export type Profile = { full_name?: string; username?: string; location?: string; avatar_url?: string };

/** The picture of everybody who has chosen none. */
const defaultAvatar = "default.jpg";

/**
 * Changes the members that are given. Refuses with 409 `username_taken`, and 422 for a name or a picture that cannot
 * be taken: other pictures than the default come with the images of the publishing surface.
 */
export async function changeProfile(
  { db }: Pick<Kernel, "db">,
  account: Pick<Account, "id" | "username">,
  { full_name, username, location, avatar_url }: Profile,
  { origin }: Pick<Caller, "origin">,
): Promise<void> {
  const renames = username !== undefined && username !== account.username;
  if (renames && !isNewUsername(username))
    refuseField("username", "invalid_username", "This name cannot be taken");
  if (avatar_url !== undefined && avatar_url !== defaultAvatar)
    refuseField("avatar_url", "not_an_option", "This is no picture of yours");
  const changes = {
    ...(full_name !== undefined && { fullName: full_name }),
    ...(location !== undefined && { location }),
    ...(avatar_url !== undefined && { avatarUrl: avatar_url }),
    ...(renames && { username, usernameKey: usernameKey(username) }),
  };
  if (Object.keys(changes).length === 0) return;
  await db.transaction(async (tx) => {
    try {
      await tx
        .update(users)
        .set({ ...changes, profileUpdatedAt: sql`now()` })
        .where(eq(users.id, account.id));
    } catch (error) {
      if (brokenConstraint(error) !== undefined)
        throw conflict("username_taken", "Another account has this name");
      throw error;
    }
    if (renames)
      await audit(tx, {
        event: "account.username_changed",
        actor: account.id,
        subject: { type: "user", id: account.id },
        details: { before: account.username, after: username },
        origin,
      });
  });
}
