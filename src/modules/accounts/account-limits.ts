import { createHmac } from "node:crypto";
import { AppError } from "#/kernel/errors";
import { clientOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { RateRule } from "#/kernel/rate-limit";
import { purposeKey } from "./access-tokens";

const minute = 60;
const hour = 3600;

/** Design of accounts, "Limits and abuse". */
export const accountRules = {
  registerPortal: { name: "register", points: 20, seconds: hour },
  registerPublishing: { name: "register-publishing", points: 10, seconds: hour },
  mailNetwork: { name: "account-mail", points: 10, seconds: hour },
  mailAddress: { name: "account-mail-address", points: 3, seconds: hour },
  link: { name: "account-link", points: 30, seconds: hour },
  wrongPassword: { name: "wrong-password", points: 10, seconds: 15 * minute },
} satisfies Record<string, RateRule>;

type Needs = Pick<Kernel, "limits">;

/** Takes a point of the caller's network; refuses with 429 `rate_limited` when there is none. */
export const spendOfNetwork = ({ limits }: Needs, rule: RateRule, request: Request): Promise<void> =>
  spend({ limits }, rule, clientOf(request).key);

/** Takes a point of any key; refuses with 429 `rate_limited` when there is none. */
export async function spend({ limits }: Needs, rule: RateRule, key: string): Promise<void> {
  const { allowed, retryAfter } = await limits.consume(rule, key);
  if (allowed) return;
  throw new AppError(429, "rate_limited", `Too many attempts. Try again in ${retryAfter} seconds.`, {
    retryAfter,
  });
}

/**
 * Whether this address may be sent another mail. Counted whether or not it has an account, and never told to the
 * caller: it would say that somebody asked before.
 */
export async function mayMail(
  { config, limits }: Needs & Pick<Kernel, "config">,
  key: string,
): Promise<boolean> {
  const { allowed } = await limits.consume(accountRules.mailAddress, addressTag(config, key));
  return allowed;
}

/** An address as limits and the audit know one that has no account: its HMAC. */
export const addressTag = (config: Kernel["config"], key: string): string =>
  createHmac("sha256", purposeKey(config, "address")).update(key).digest("base64url").slice(0, 22);
