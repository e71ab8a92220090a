import { createHash, timingSafeEqual } from "node:crypto";
import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import { audit, type Origin, originOf } from "#/kernel/audit";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { AppError, forbidden } from "#/kernel/errors";
import { isFromThisMachine } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { factorSealer, stepOf } from "./authenticator";
import { takeRecoveryCode } from "./recovery-codes";
import { codeFailures, type Role, totpFactors } from "./tables";

/** A sign-in whose password was right. */
export type CodeCheck = {
  userId: number;
  role: Role;
  otp: string | undefined;
  wantsDev: boolean;
  request: Request;
};

type Needs = Pick<Kernel, "config" | "db" | "log" | "now">;

/** Wrong codes of an account within the window, after which none is looked at until it closes. */
const mostFailures = 5;
const windowSeconds = 900;
/** What DEV_MASTER_OTP is where nobody set it, outside production and from this machine alone. */
const knownCode = "000000";

/**
 * Whether a one-time code is needed, and right. An account with an authenticator app needs one at every sign-in: from
 * the app, or a recovery code. Without an app only scope `dev` needs one, DEV_MASTER_OTP: outside production it opens
 * the scope, in production nothing but enrolling an app. `pwd`: none was needed; `otp`: accepted; `enrol`: only a
 * session that enrols may be opened. Refuses with 403 `otp_required`, `otp_invalid`, `enrolment_required`, and 429
 * `rate_limited` after five wrong ones in a quarter of an hour.
 */
export async function checkCode(
  kernel: Needs,
  { userId, role, otp, wantsDev, request }: CodeCheck,
): Promise<"pwd" | "otp" | "enrol"> {
  const { config, db } = kernel;
  const sealed = await findFactor(db, userId);
  if (!sealed && !(wantsDev && role === "dev")) return "pwd";

  const master = sealed ? undefined : masterCode(config, request);
  if (!sealed && master === undefined)
    throw forbidden("enrolment_required", "One-time codes must be enrolled before anything else");
  if (otp === undefined || otp.trim() === "") throw forbidden("otp_required", "A one-time code is required");
  await countTry(db, userId);
  const code = otp.trim();
  const right = sealed
    ? await isOwnCode(kernel, userId, sealed, code, originOf(request))
    : isSame(code, master ?? "");
  if (!right) throw forbidden("otp_invalid", "This one-time code is wrong");
  await forgetTries(db, userId);
  return sealed || !config.production ? "otp" : "enrol";
}

export const isTotpEnrolled = async (db: Db, userId: number): Promise<boolean> =>
  (await findFactor(db, userId)) !== undefined;

/** The sealed secret of a confirmed app. */
export async function findFactor(db: Db, userId: number): Promise<Uint8Array | undefined> {
  const [factor] = await db
    .select({ secret: totpFactors.secret })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
  return factor?.secret;
}

/** A code of the app, whose step counts once, or a recovery code. */
async function isOwnCode(
  { config, db, log, now }: Needs,
  userId: number,
  sealed: Uint8Array,
  code: string,
  origin: Origin,
): Promise<boolean> {
  const secret = factorSealer(config).open(sealed, userId);
  if (secret === undefined) log("error", "accounts.factor_unreadable", { userId });
  const step = secret === undefined ? undefined : stepOf(secret, code, now());
  if (step === undefined)
    return db.transaction(async (tx) => {
      if (!(await takeRecoveryCode(tx, userId, code))) return false;
      const subject = { type: "user", id: userId };
      await audit(tx, { event: "account.recovery_code_used", actor: userId, subject, origin });
      return true;
    });
  const rows = await db
    .update(totpFactors)
    .set({ lastStep: step })
    .where(and(eq(totpFactors.userId, userId), lt(totpFactors.lastStep, step)))
    .returning({ userId: totpFactors.userId });
  return rows.length > 0;
}

/** A right code: what was counted is forgotten. */
export async function forgetTries(db: Db, userId: number): Promise<void> {
  await db.delete(codeFailures).where(eq(codeFailures.userId, userId));
}

/**
 * Counts before looking, so that of many guesses at one moment no more are looked at than one by one; a right code
 * sets the count back. The count stands in a table: a restart forgets nothing.
 */
export async function countTry(db: Db, userId: number): Promise<void> {
  const rows = await db.execute(sql`
    insert into gatehouse.code_failures as failures (user_id, count, since) values (${userId}, 1, now())
    on conflict (user_id) do update set
      count = case when failures.since < now() - make_interval(secs => ${windowSeconds}) then 1
        else failures.count + 1 end,
      since = case when failures.since < now() - make_interval(secs => ${windowSeconds}) then now()
        else failures.since end
    returning count, ceil(extract(epoch from since - now()) + ${windowSeconds}::int)::int as "secondsLeft"`);
  const [row] = rowsOf<{ count: number; secondsLeft: number }>(rows);
  if (!row || row.count <= mostFailures) return;
  throw new AppError(429, "rate_limited", "Too many wrong one-time codes", {
    retryAfter: Math.max(1, row.secondsLeft),
  });
}

/** The code of devs without an app; none in production where nobody set it, and the known one for this machine alone. */
function masterCode(
  { DEV_MASTER_OTP, production }: Pick<Config, "DEV_MASTER_OTP" | "production">,
  request: Request,
): string | undefined {
  if (DEV_MASTER_OTP !== undefined) return DEV_MASTER_OTP;
  return !production && isFromThisMachine(request) ? knownCode : undefined;
}

/** By their hashes, which are of one length, so that the time tells nothing of the code. */
const isSame = (given: string, wanted: string) => timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string) => createHash("sha256").update(text).digest();
