import { and, eq, isNull, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { conflict, forbidden } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Account } from "./account";
import { factorSealer, newSecret, otpauthUri, stepOf } from "./authenticator";
import type { Caller } from "./caller";
import { demandPassword } from "./demand-password";
import { checkCode, countTry, findFactor, forgetTries } from "./one-time-codes";
import { endAllSessions } from "./open-session";
import { renewRecoveryCodes } from "./recovery-codes";
import { recoveryCodes, totpFactors } from "./tables";

type Needs = Pick<Kernel, "config" | "db" | "hashing" | "limits" | "log" | "now">;
type Person = Pick<Account, "id" | "email" | "username">;

/**
 * A secret for an authenticator app, which counts once a code of it is confirmed; one that waits is replaced.
 * Refuses with 409 `totp_enrolled` where an app is enrolled already.
 */
export async function beginTotp(
  { config, db }: Pick<Needs, "config" | "db">,
  { id, email, username }: Person,
): Promise<{ secret: string; otpauth_uri: string }> {
  const secret = newSecret();
  const sealed = factorSealer(config).seal(secret, id);
  const rows = await db
    .insert(totpFactors)
    .values({ userId: id, secret: sealed })
    .onConflictDoUpdate({
      target: totpFactors.userId,
      set: { secret: sealed, lastStep: 0 },
      setWhere: isNull(totpFactors.confirmedAt),
    })
    .returning({ userId: totpFactors.userId });
  if (rows.length === 0) throw conflict("totp_enrolled", "An authenticator app is enrolled already");
  return { secret, otpauth_uri: enrolmentUri(config, { email, username }, secret) };
}

/** What a QR code for the app holds, under the names that the app shows. */
export function enrolmentUri(
  config: Pick<Config, "PUBLIC_URL">,
  { email, username }: Omit<Person, "id">,
  secret: string,
): string {
  const issuer = config.PUBLIC_URL ? new URL(config.PUBLIC_URL).hostname : "Gatehouse";
  return otpauthUri(secret, email ?? username, issuer);
}

/**
 * The first code of the app: from now on every sign-in needs one. Answers ten recovery codes, this once.
 * Refuses with 403 `otp_invalid`, 409 `totp_enrolled` or `totp_not_begun`, 429.
 */
export async function confirmTotp(
  { config, db, now }: Pick<Needs, "config" | "db" | "now">,
  { id }: Pick<Person, "id">,
  code: string,
  origin: Origin | undefined,
): Promise<string[]> {
  if (await findFactor(db, id)) throw conflict("totp_enrolled", "An authenticator app is enrolled already");
  const [row] = await db
    .select({ secret: totpFactors.secret })
    .from(totpFactors)
    .where(eq(totpFactors.userId, id));
  const secret = row && factorSealer(config).open(row.secret, id);
  if (secret === undefined) throw conflict("totp_not_begun", "Ask for a secret first");
  await countTry(db, id);
  const step = stepOf(secret, code.trim(), now());
  if (step === undefined) throw forbidden("otp_invalid", "This one-time code is wrong");
  return db.transaction(async (tx) => {
    const rows = await tx
      .update(totpFactors)
      .set({ confirmedAt: sql`now()`, lastStep: step })
      .where(
        and(eq(totpFactors.userId, id), isNull(totpFactors.confirmedAt), eq(totpFactors.secret, row!.secret)),
      )
      .returning({ userId: totpFactors.userId });
    if (rows.length === 0) throw conflict("totp_enrolled", "An authenticator app is enrolled already");
    return finishEnrolment(tx, id, origin);
  });
}

/** What follows once the app's first code was right and its secret stands: answers the recovery codes. */
export async function finishEnrolment(tx: Db, id: number, origin: Origin | undefined): Promise<string[]> {
  await forgetTries(tx, id);
  const codes = await renewRecoveryCodes(tx, id);
  await audit(tx, {
    event: "account.totp_enrolled",
    actor: id,
    subject: { type: "user", id },
    ...(origin && { origin }),
  });
  return codes;
}

type Proof = { password: string; otp: string };

/** Ten new recovery codes; the old ones stop working. Refuses with 403 `wrong_password`, `otp_required`, `otp_invalid`. */
export async function replaceRecoveryCodes(
  kernel: Needs,
  account: Account,
  proof: Proof,
  caller: Caller,
  request: Request,
): Promise<string[]> {
  await prove(kernel, account, proof, caller, request);
  return kernel.db.transaction(async (tx) => {
    await audit(tx, {
      event: "account.recovery_codes_renewed",
      actor: account.id,
      subject: { type: "user", id: account.id },
      origin: caller.origin,
    });
    return renewRecoveryCodes(tx, account.id);
  });
}

/**
 * Removes the app and the recovery codes, and ends every session. Refuses as `replaceRecoveryCodes`, and with 409
 * `totp_required_for_role`: in production devs keep one.
 */
export async function removeTotp(
  kernel: Needs,
  account: Account,
  proof: Proof,
  caller: Caller,
  request: Request,
): Promise<void> {
  if (account.role === "dev" && kernel.config.production)
    throw conflict("totp_required_for_role", "The role dev needs an authenticator app");
  await prove(kernel, account, proof, caller, request);
  await kernel.db.transaction(async (tx) => {
    await tx.delete(totpFactors).where(eq(totpFactors.userId, account.id));
    await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, account.id));
    await endAllSessions(tx, account.id, "totp_removed");
    await audit(tx, {
      event: "account.totp_removed",
      actor: account.id,
      subject: { type: "user", id: account.id },
      origin: caller.origin,
    });
  });
}

async function prove(
  kernel: Needs,
  account: Account,
  { password, otp }: Proof,
  { hashing }: Caller,
  request: Request,
): Promise<void> {
  if (!(await findFactor(kernel.db, account.id)))
    throw conflict("totp_not_enrolled", "No authenticator app is enrolled");
  await demandPassword(kernel, account, password, hashing);
  await checkCode(kernel, { userId: account.id, role: account.role, otp, wantsDev: false, request });
}
