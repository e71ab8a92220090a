import { createHmac } from "node:crypto";
import { eq, isNull, sql } from "drizzle-orm";
import { Secret } from "otpauth";
import { audit, type Origin } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import { conflict, forbidden, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { purposeKey } from "./access-tokens";
import { factorSealer, stepOf } from "./authenticator";
import type { Actor } from "./change-user";
import { enrolmentUri, finishEnrolment } from "./enrol-totp";
import { createLink, findLink, takeLink } from "./links";
import { countTry, isTotpEnrolled } from "./one-time-codes";
import { totpFactors, users } from "./tables";
import { linkInvalid, linkUsed } from "./verify-email";

/** Whose app a link enrols, and what the app is given. */
export type Enrolment = { userId: number; secret: string; uri: string };

/** The token of a link that enrols an app, once, within 30 minutes. Refuses with 404, 409 `totp_enrolled`. */
export function offerEnrolment({ db }: Pick<Kernel, "db">, actor: Actor, userId: number): Promise<string> {
  return db.transaction(async (tx) => {
    const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
    if (!user) throw notFound("account");
    if (await isTotpEnrolled(tx, userId)) throw enrolledAlready();
    await audit(tx, {
      event: "admin.user_changed",
      actor: actor.id,
      subject: { type: "user", id: userId },
      data: { members: ["enrolment_link"] },
      ...(actor.origin && { origin: actor.origin }),
    });
    return createLink(tx, { purpose: "enrol", userId });
  });
}

/**
 * What a link offers; reading it writes nothing, and reading it again gives the same.
 * Refuses with 400 `link_invalid`, `link_used`, 409 `totp_enrolled`.
 */
export async function readEnrolment(
  { config, db }: Pick<Kernel, "config" | "db">,
  token: string,
): Promise<Enrolment> {
  const link = await findLink(db, token, "enrol");
  if (!link || (link.expired && !link.used)) throw linkInvalid();
  if (link.used) throw linkUsed();
  const [user] =
    link.userId === null
      ? []
      : await db
          .select({
            id: users.id,
            email: users.email,
            username: users.username,
            disabledAt: users.disabledAt,
          })
          .from(users)
          .where(eq(users.id, link.userId));
  if (!user || user.disabledAt) throw linkInvalid();
  if (await isTotpEnrolled(db, user.id)) throw enrolledAlready();
  const secret = secretOf(config, token);
  return { userId: user.id, secret, uri: enrolmentUri(config, user, secret) };
}

/**
 * The app's first code: only now the link is taken and the app counts. Answers ten recovery codes, this once. Refuses
 * as `readEnrolment`, and with 403 `otp_invalid`, 429 after five wrong codes; the link stays good then.
 */
export async function confirmEnrolment(
  kernel: Pick<Kernel, "config" | "db" | "now">,
  { token, code }: { token: string; code: string },
  origin: Origin,
): Promise<string[]> {
  const { config, db, now } = kernel;
  const { userId, secret } = await readEnrolment(kernel, token);
  await countTry(db, userId);
  const step = stepOf(secret, code.replace(/\s/g, ""), now());
  if (step === undefined) throw forbidden("otp_invalid", "This one-time code is wrong");
  const factor = {
    secret: factorSealer(config).seal(secret, userId),
    confirmedAt: sql`now()`,
    lastStep: step,
  };
  return db.transaction(async (tx) => {
    if (!(await takeLink(tx, token, "enrol"))) throw linkUsed();
    const rows = await tx
      .insert(totpFactors)
      .values({ userId, ...factor })
      .onConflictDoUpdate({
        target: totpFactors.userId,
        set: factor,
        setWhere: isNull(totpFactors.confirmedAt),
      })
      .returning({ userId: totpFactors.userId });
    if (rows.length === 0) throw enrolledAlready();
    return finishEnrolment(tx, userId, origin);
  });
}

/**
 * 160 bits in base32, derived from the token and a key of this service. So opening the page writes nothing, a secret
 * that somebody else began with is never taken over, and a link found later in a scrollback gives no codes.
 */
const secretOf = (config: Pick<Config, "rootSecret">, token: string): string => {
  const bytes = createHmac("sha256", purposeKey(config, "enrol")).update(token).digest().subarray(0, 20);
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32;
};

const enrolledAlready = () => conflict("totp_enrolled", "An authenticator app is enrolled already");
