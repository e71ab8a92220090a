import type { Submission } from "../queries";
import type { Fields } from "../tables";
import type { JudgedState, Signal } from "./signal";

/** How a rule looks at a message. `address` and `domain` mean the visitor's e-mail; a domain's subdomains count. */
export const ruleKinds = ["contains", "equals", "address", "domain"] as const;

/** A rule of the team: it adds points, or decides alone. */
export type SpamRule = {
  name: string;
  when: (typeof ruleKinds)[number];
  value: string;
  /** The only field that `contains` and `equals` look at; all of them without it. */
  field?: string;
  points?: number;
  verdict?: JudgedState;
};

type Message = Pick<Submission, "fields" | "emailNormalised">;

/** What the team's own rules say. Where several decide, the first of them does. */
export function rulesSignal(rules: readonly SpamRule[], message: Message): Signal {
  const matching = rules.filter((rule) => matches(rule, message));
  const decided = matching.find(({ verdict }) => verdict)?.verdict;
  const reasons = matching.map(({ name, points = 0, verdict }) => ({
    code: `rule:${name}`,
    points,
    text: verdict ? `A rule of the team says: ${verdict}` : "A rule of the team matches",
  }));
  return decided ? { reasons, decided } : { reasons };
}

function matches({ when, value, field }: SpamRule, { fields, emailNormalised }: Message): boolean {
  const wanted = fold(value);
  if (when === "address") return emailNormalised === wanted;
  if (when === "domain") {
    const domain = emailNormalised?.slice(emailNormalised.lastIndexOf("@") + 1);
    return domain === wanted || (domain?.endsWith(`.${wanted}`) ?? false);
  }
  const texts = textsOf(fields, field).map(fold);
  return texts.some((text) => (when === "contains" ? text.includes(wanted) : text === wanted));
}

const textsOf = (fields: Fields, field: string | undefined): string[] =>
  Object.entries(fields)
    .filter(([name]) => field === undefined || name === field)
    .flatMap(([, value]) => (typeof value === "object" ? [...value] : [String(value)]));

/** Case and the space around it make no difference. */
const fold = (text: string): string => text.trim().toLowerCase();
