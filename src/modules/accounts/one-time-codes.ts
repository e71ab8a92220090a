import { and, eq, isNotNull } from "drizzle-orm";
import { forbidden } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { type Role, totpFactors } from "./tables";

/** A sign-in whose password was right. */
export type CodeCheck = {
  userId: number;
  role: Role;
  otp: string | undefined;
  wantsDev: boolean;
  request: Request;
};

/**
 * Whether a one-time code is needed, and right: `pwd` where none was needed. No code is accepted yet, so whoever needs
 * one is refused with 403 `otp_required` or `enrolment_required`.
 */
export async function checkCode(
  { db }: Pick<Kernel, "config" | "db">,
  { userId, wantsDev }: CodeCheck,
): Promise<"pwd" | "otp" | "enrol"> {
  const [factor] = await db
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
  if (factor) throw forbidden("otp_required", "A one-time code is required");
  if (wantsDev) throw forbidden("enrolment_required", "One-time codes must be enrolled before anything else");
  return "pwd";
}
