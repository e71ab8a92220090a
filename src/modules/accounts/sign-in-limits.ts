import { createHmac } from "node:crypto";
import type { Config } from "#/kernel/config";
import { type Client, ipMatcher, parseIp } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { type RateRule, rateLimited } from "#/kernel/rate-limit";
import { purposeKey } from "./access-tokens";

/** Failed sign-ins over all surfaces together (design of accounts, §11). */
export const signInRules = {
  network: { name: "sign-in", points: 30, seconds: 300 },
  /** From networks that the account is not known to be signed in from: strangers, who share these. */
  account: { name: "sign-in-account", points: 10, seconds: 900 },
  /** From a network that signed in to the account lately: its own, so that no stranger locks its owner out. */
  known: { name: "sign-in-known", points: 10, seconds: 900 },
} satisfies Record<string, RateRule>;

/** One try, whose points are taken before the password is looked at: so many at once get no further than one by one. */
export type Try = {
  /** Takes the point of the account. `tag` stands for the address, whether or not it has an account. */
  aim(tag: string, isKnownNetwork: boolean): Promise<void>;
  /** It was right: the network gets its point back, and what the account had counted is forgotten. */
  succeed(): Promise<void>;
  /** Nothing was judged, or no guess: every point goes back. */
  forgive(): Promise<void>;
};

/** Told of the first try that a rule refuses; those after it are refused until the wait is over, and told to nobody. */
export type OnRefusal = (rule: keyof typeof signInRules) => Promise<void>;

/**
 * Opens tries; both steps refuse with 429 `rate_limited`. Networks in RATE_LIMIT_ALLOW have no limit of their own. A
 * client behind a proxy that is not trusted cannot be told from the others there, so its wait never grows.
 */
export function createSignInLimits({ config, limits }: Pick<Kernel, "config" | "limits">) {
  const isListed = ipMatcher(config.RATE_LIMIT_ALLOW);

  return async (client: Client, onRefusal: OnRefusal): Promise<Try> => {
    const taken = new Map<keyof typeof signInRules, string>();
    const take = async (name: keyof typeof signInRules, key: string, rule: RateRule) => {
      const verdict = await limits.consume(rule, key);
      if (verdict.allowed) {
        taken.set(name, key);
        return;
      }
      await forgive();
      if (verdict.isFirst) await onRefusal(name);
      throw rateLimited(rule, verdict, "failed sign-ins");
    };
    const forgive = async () => {
      for (const [name, key] of taken) await limits.giveBack(signInRules[name], key);
      taken.clear();
    };

    const address = parseIp(client.address);
    if (!address || !isListed(address)) {
      const { network } = signInRules;
      await take(
        "network",
        client.key,
        client.untrustedForwarding ? { ...network, doubling: false } : network,
      );
    }
    let target = { account: "", known: "" };
    return {
      async aim(tag, isKnownNetwork) {
        target = { account: tag, known: `${tag} ${client.key}` };
        const name = isKnownNetwork ? "known" : "account";
        await take(name, target[name], signInRules[name]);
      },
      async succeed() {
        const { account, known } = target;
        await forgive();
        await limits.reset(signInRules.account, account);
        await limits.reset(signInRules.known, known);
      },
      forgive,
    };
  };
}

/** An address as limits and the audit know it, with or without an account: its HMAC, 22 characters. */
export const addressTag = (config: Pick<Config, "rootSecret">, key: string): string =>
  createHmac("sha256", purposeKey(config, "address")).update(key).digest("base64url").slice(0, 22);
