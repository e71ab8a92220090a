import { and, eq, gt, sql } from "drizzle-orm";
import { audit, originOf } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { AppError, forbidden } from "#/kernel/errors";
import { clientOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { nameError } from "#/kernel/log";
import { accountRules } from "./account-limits";
import { isConfirming } from "./confirming";
import { hashCaller } from "./hash-caller";
import { emailKey } from "./identity-keys";
import { sendLink } from "./mail-account";
import { networkTag } from "./open-session";
import { addressTag, createSignInLimits } from "./sign-in-limits";
import { type Role, sessions, users } from "./tables";
import { verifyPassword } from "./verify-password";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "jobs" | "limits" | "log" | "mail" | "now">;

export type Surface = "portal" | "publishing";
export type Credentials = { email: string; password: string; surface: Surface };

/** Who was recognised by a password, as the row was then; `passwordHashes` are those it may hold since. */
export type Holder = { id: number; role: Role; version: number; passwordHashes: readonly string[] };

type Reason = "password" | "unverified" | "disabled" | "rate";

/** Begun at once, it would hold back the answer, and so tell that the password was right. */
const afterAnswerMs = 100;
/** Failures in a row after which networks that are not known have to wait for one that is, or for a reset. */
const mostInRow = 100;
/** Days for which a network is known that signed in. */
const knownDays = 30;

/**
 * The one place where a password opens anything. Refuses with 401 `bad_credentials`, 429 `rate_limited`, 503 `busy`,
 * and 403 `account_disabled` (portal, after the right password alone). An address without an account, a wrong
 * password and an address that nobody confirmed are answered alike, in words and in time, and count alike.
 */
export function createCheckCredentials(kernel: Needs) {
  const { config, db } = kernel;
  const openTry = createSignInLimits(kernel);

  return async (request: Request, { email, password, surface }: Credentials): Promise<Holder> => {
    const client = clientOf(request);
    const key = emailKey(email);
    const tag = addressTag(config, key ?? email.trim().toLowerCase());
    const network = networkTag(config, client.key);
    let holder: Found | undefined;
    const note = (reason: Reason) =>
      db.transaction(async (tx) => {
        const counts = reason === "password" || reason === "unverified";
        if (counts) await countFailure(tx, holder?.id);
        await audit(tx, {
          event: "session.refused",
          actor: null,
          subject: holder ? { type: "user", id: holder.id } : { type: "address", id: tag },
          outcome: "refused",
          data: { reason, surface },
          origin: originOf(request),
        });
      });

    const attempt = await openTry(client, () => note("rate"));
    holder = key === undefined ? undefined : await findHolder(db, key, network);
    await attempt.aim(tag, holder?.isKnownNetwork ?? false);

    const isUnverified = holder !== undefined && !mayBeUnverified(kernel, holder, surface);
    const isResting = holder !== undefined && holder.failures >= mostInRow && !holder.isKnownNetwork;
    const isClosed = isResting || isUnverified;
    const asked = holder && { ...holder, isClosed };
    const verdict = await verifyPassword(kernel, asked, password, hashCaller(request)).catch(
      async (error) => {
        await attempt.forgive();
        throw error;
      },
    );
    if (!verdict.ok || !holder || isClosed) {
      await note(!verdict.ok ? "password" : isResting ? "rate" : "unverified");
      if (verdict.ok && holder && !isResting && !holder.isDisabled) {
        const found = holder;
        setTimeout(() => void confirmAgain(kernel, found), afterAnswerMs);
      }
      throw badCredentials(surface);
    }
    await attempt.succeed();
    if (holder.isDisabled) {
      await note("disabled");
      if (surface === "publishing") throw badCredentials(surface);
      throw forbidden("account_disabled", "This account is disabled");
    }
    const { id, role, version, passwordHash } = holder;
    const { replacement } = verdict;
    if (replacement !== undefined) await replaceHash(db, id, passwordHash, replacement);
    const passwordHashes = [passwordHash, replacement].filter((hash) => typeof hash === "string");
    return { id, role, version, passwordHashes };
  };
}

const words: Record<Surface, string> = {
  portal: "Wrong e-mail address or password, or the address is not confirmed yet",
  publishing: "Invalid username or password",
};
export const badCredentials = (surface: Surface) => new AppError(401, "bad_credentials", words[surface]);

type Found = NonNullable<Awaited<ReturnType<typeof findHolder>>>;

async function findHolder(db: Db, key: string, network: string) {
  const known = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, users.id),
        eq(sessions.ipTag, network),
        gt(sessions.createdAt, sql`now() - make_interval(days => ${knownDays})`),
      ),
    );
  const [row] = await db
    .select({
      id: users.id,
      role: users.role,
      email: users.email,
      version: users.tokenVersion,
      passwordHash: users.passwordHash,
      failures: users.failedSignIns,
      registeredVia: users.registeredVia,
      isVerified: sql<boolean>`${users.verifiedAt} is not null`,
      isDisabled: sql<boolean>`${users.disabledAt} is not null`,
      isKnownNetwork: sql<boolean>`exists ${known}`,
    })
    .from(users)
    .where(eq(users.emailKey, key));
  return row;
}

/** Who registered to publish is on a list that tells as much already; in the portal a sign-in would tell it. */
function mayBeUnverified(kernel: Needs, { isVerified, registeredVia }: Found, surface: Surface): boolean {
  if (isVerified || !isConfirming(kernel)) return true;
  return surface === "publishing" && registeredVia !== "portal";
}

/** Also for an address without an account, where no row has that id: it takes the same time. */
async function countFailure(tx: Db, userId = 0): Promise<void> {
  await tx
    .update(users)
    .set({ failedSignIns: sql`${users.failedSignIns} + 1` })
    .where(eq(users.id, userId));
}

/**
 * Whoever knows the password of an address that waits for its confirmation is mailed the link again. Never rejects: one
 * who gets no mail asks for it, or signs in again.
 */
async function confirmAgain(kernel: Needs, { id, email }: Found): Promise<void> {
  try {
    const { allowed } = await kernel.limits.consume(accountRules.confirmAgain, String(id));
    if (!allowed || email === null) return;
    await kernel.db.transaction((tx) => sendLink(tx, kernel, { kind: "verify", userId: id, email }));
  } catch (error) {
    kernel.log("error", "accounts.confirm_again_failed", { userId: id, ...nameError(error) });
  }
}

/** Unless somebody changed the password meanwhile. */
async function replaceHash(
  db: Db,
  userId: number,
  before: string | null,
  replacement: string,
): Promise<void> {
  await db
    .update(users)
    .set({ passwordHash: replacement })
    .where(and(eq(users.id, userId), eq(users.passwordHash, before ?? "")));
}
