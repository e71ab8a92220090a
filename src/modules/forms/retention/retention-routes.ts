import { Elysia, t } from "elysia";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { formsOf } from "../catalogue/forms-registry";
import { countDue, mostCounted } from "./count-due";
import { dueSpans, listRules, probesBefore } from "./retention-rules";

const Days = t.Integer({ minimum: 0, examples: [730] });
const Item = t.Object({
  form: t.String({ examples: ["contact"] }),
  days: Days,
  spam_days: Days,
  due: t.Record(t.String(), t.Integer({ minimum: 1 }), {
    description: "Messages by state; `test` are our own",
    examples: [{ inbox: 3 }],
  }),
});

/** How long messages are kept, and what the next night would delete. */
export const retention = (kernel: Kernel) =>
  new Elysia({ name: "forms.retention", prefix: "/api/v1/admin/retention", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .get(
      "",
      async () => {
        const now = kernel.now();
        const rules = listRules(formsOf(kernel), kernel.config);
        const due = await countDue(kernel.db, dueSpans(rules, now), probesBefore(now));
        const ofForm = (form: string) =>
          Object.fromEntries(due.filter((one) => one.form === form).map(({ what, count }) => [what, count]));
        const others = new Set(
          due.map(({ form }) => form).filter((form) => !rules.some((one) => one.form === form)),
        );
        return {
          items: [
            ...rules.map(({ form, days, spamDays }) => ({
              form,
              days,
              spam_days: spamDays,
              due: ofForm(form),
            })),
            ...[...others].map((form) => ({ form, days: 0, spam_days: 0, due: ofForm(form) })),
          ],
          complete: due.reduce((sum, { count }) => sum + count, 0) < mostCounted,
        };
      },
      {
        response: { 200: t.Object({ items: t.Array(Item), complete: t.Boolean({ examples: [true] }) }) },
        detail: {
          summary: "What the next purge would delete",
          description:
            "Per form, with its days; 0 keeps messages. Counted up to 5,000 in all: then `complete` is false. It runs at 03:41 UTC.",
        },
      },
    );
