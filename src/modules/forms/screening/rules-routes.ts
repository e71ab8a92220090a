import { Elysia, t } from "elysia";
import { originOf } from "#/kernel/audit";
import { jsonBody, oneOf } from "#/kernel/http";
import { ProblemError } from "#/kernel/http/error-schemas";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { readRules, replaceRules } from "./change-rules";
import { ruleKinds } from "./spam-rule";

const Rule = t.Object({
  name: t.String({
    pattern: "^[a-z0-9][a-z0-9_-]{0,39}$",
    description: "Stands in the reasons of a message as `rule:<name>`",
    examples: ["casino"],
  }),
  when: oneOf(ruleKinds, {
    description:
      "`contains` and `equals` look at the fields; `address` and `domain` at the visitor's e-mail. Case makes no difference.",
    examples: ["contains"],
  }),
  value: t.String({ minLength: 1, maxLength: 200, pattern: "\\S", examples: ["casino bonus"] }),
  field: t.Optional(
    t.String({
      minLength: 1,
      maxLength: 100,
      description: "The only field to look at",
      examples: ["message"],
    }),
  ),
  points: t.Optional(t.Integer({ minimum: -100, maximum: 100, examples: [60] })),
  verdict: t.Optional(oneOf(["inbox", "held", "spam"], { description: "Decides alone, instead of points" })),
});
const Version = t.String({
  maxLength: 40,
  description: "Of the rules as they were read",
  examples: ["1ugm2ooqhyi4"],
});
const Rules = t.Object({ version: Version, rules: t.Array(Rule, { maxItems: 100 }) });
const example = [{ name: "casino", when: "contains" as const, value: "casino bonus", points: 60 }];

/** The team's own rules of what is spam. */
export const spamRules = (kernel: Kernel) =>
  new Elysia({ name: "forms.spam-rules", prefix: "/api/v1/admin/spam", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .use(jsonBody)
    .get("/rules", () => readRules(kernel.db), {
      response: { 200: Rules },
      detail: {
        summary: "The team's rules of what is spam",
        description: "In the order in which they decide.",
      },
    })
    .put(
      "/rules",
      ({ account, body, request }) =>
        replaceRules(kernel, { id: account.id, origin: originOf(request) }, body),
      {
        body: t.Object(
          { version: Version, rules: Rules.properties.rules },
          { examples: [{ version: "1ugm2ooqhyi4", rules: example }] },
        ),
        response: { 200: Rules, 409: ProblemError, 422: ProblemError },
        detail: {
          summary: "Replace the rules",
          description:
            "Each rule has either points, which are added to the others, or a verdict, which decides alone. Messages that come from now on are judged by them. 409 `version_conflict` when somebody else changed them meanwhile.",
        },
      },
    );
