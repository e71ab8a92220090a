import { clientOf } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { type RateRule, rateLimited } from "#/kernel/rate-limit";
import { addressTag } from "./sign-in-limits";

const minute = 60;
const hour = 3600;

/** Design of accounts, "Limits and abuse". */
export const accountRules = {
  registerPortal: { name: "register", points: 20, seconds: hour },
  registerPublishing: { name: "register-publishing", points: 10, seconds: hour },
  mailNetwork: { name: "account-mail", points: 10, seconds: hour },
  mailAddress: { name: "account-mail-address", points: 3, seconds: hour },
  link: { name: "account-link", points: 30, seconds: hour },
  /** Links that a right password on an unconfirmed account sends. */
  confirmAgain: { name: "confirm-again", points: 1, seconds: 10 * minute },
  wrongPassword: { name: "wrong-password", points: 10, seconds: 15 * minute },
} satisfies Record<string, RateRule>;

type Needs = Pick<Kernel, "limits">;

/** Takes a point of the caller's network; refuses with 429 `rate_limited` when there is none. */
export const spendOfNetwork = ({ limits }: Needs, rule: RateRule, request: Request): Promise<void> =>
  spend({ limits }, rule, clientOf(request).key);

/** Takes a point of any key; refuses with 429 `rate_limited` when there is none. */
export async function spend({ limits }: Needs, rule: RateRule, key: string): Promise<void> {
  const verdict = await limits.consume(rule, key);
  if (!verdict.allowed) throw rateLimited(rule, verdict);
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
