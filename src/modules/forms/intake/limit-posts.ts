import { AppError } from "#/kernel/errors";
import { type Client, ipMatcher, parseIp } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { RateRule } from "#/kernel/rate-limit";
import type { Visit } from "./visit";

type Rule = Omit<RateRule, "doubling">;

/** Times over a rate from which on a client is one that comes too often, and not one that pressed the button twice. */
const PENALTY = 3;

/** Whether a client is of the networks in RATE_LIMIT_ALLOW. */
export function exemptClients({ RATE_LIMIT_ALLOW }: Pick<Kernel["config"], "RATE_LIMIT_ALLOW">) {
  const isListed = ipMatcher(RATE_LIMIT_ALLOW);
  return ({ address }: Client): boolean => {
    const bytes = RATE_LIMIT_ALLOW.length > 0 ? parseIp(address) : undefined;
    return bytes !== undefined && isListed(bytes);
  };
}

/**
 * The rates a client is held to; each call takes a point and refuses with 429 `rate_limited` when there is none.
 * Networks in RATE_LIMIT_ALLOW are held to none. A client behind a proxy that is not trusted cannot be told from
 * the others there, so its wait never grows: that would close the site to everybody.
 */
export function createPostLimits({ config, limits }: Pick<Kernel, "config" | "limits">) {
  const attempts: Rule = { name: "form-attempts", ...config.FORMS_RATE_ATTEMPTS };
  const forms: Rule = { name: "forms", ...config.FORMS_RATE_CLIENT };
  const form: Rule = { name: "form", ...config.FORMS_RATE_CLIENT_FORM };
  const isExempt = exemptClients(config);

  const spend = async (visit: Visit, rule: Rule, client: Client, key = client.key): Promise<void> => {
    if (isExempt(client)) return;
    const held = client.untrustedForwarding ? { ...rule, doubling: false } : rule;
    const verdict = await limits.consume(held, key);
    visit.rate = { rule, verdict };
    if (verdict.allowed) return;
    const seconds = verdict.retryAfter;
    throw new AppError(429, "rate_limited", `Too many messages. Try again in ${seconds} seconds.`, {
      retryAfter: seconds,
    });
  };
  const formKey = ({ form: { definition } }: Visit, client: Client) => `${definition.slug} ${client.key}`;

  return {
    /** On arrival: also what will be refused counts. */
    attempt: (visit: Visit, client: Client) => spend(visit, attempts, client),
    /** Before storing: one message of all forms and one of this form. */
    async accept(visit: Visit, client: Client): Promise<void> {
      await spend(visit, forms, client);
      await spend(visit, form, client, formKey(visit, client));
    },
    /** Whether it went over these rates again and again; a client that may be many is not held to it. */
    isPenalised(client: Client): boolean {
      if (client.untrustedForwarding || isExempt(client)) return false;
      const violations = [attempts, forms].map((rule) => limits.violations(rule, client.key));
      return violations.reduce((sum, one) => sum + one, 0) >= PENALTY;
    },
    /** A retry that turned out to be a twin must not be punished. */
    async giveBack(visit: Visit, client: Client): Promise<void> {
      if (isExempt(client)) return;
      await limits.giveBack(forms, client.key);
      await limits.giveBack(form, formKey(visit, client));
    },
  };
}
