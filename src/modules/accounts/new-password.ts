import type { Config } from "#/kernel/config";
import type { HashCaller } from "#/kernel/crypto";
import type { Kernel } from "#/kernel/kernel";
import { checkNewPassword, type PasswordFault } from "./check-password";
import { hashPassword } from "./hash-password";
import { refuseField } from "./refuse-field";

const details: Record<PasswordFault, string> = {
  too_short: "This password is too short",
  too_long: "This password is too long",
  too_common: "This password is among the most used ones",
  same_as_account: "This password is your address or your name",
  not_text: "This password holds characters that cannot be kept",
};

/** Hashes a password that somebody chooses; refuses with 422 and the rule it breaks, under the name of its field. */
export function hashNewPassword(
  kernel: Pick<Kernel, "hashing"> & { config: Pick<Config, "PASSWORD_MIN_LENGTH"> },
  password: string,
  account: { email?: string | null; username?: string },
  caller: HashCaller,
  field = "password",
): Promise<string> {
  const fault = checkNewPassword(password, account, kernel.config.PASSWORD_MIN_LENGTH);
  if (fault) refuseField(field, fault, details[fault]);
  return hashPassword(kernel, password, caller);
}
