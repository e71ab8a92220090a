import { Elysia, t } from "elysia";
import type { Kernel } from "#/kernel/kernel";
import { signedIn } from "#/modules/accounts";
import { describeModel } from "./describe-model";

const Count = (description: string, example: number) =>
  t.Integer({ minimum: 0, description, examples: [example] });
const Share = (description: string, example: number) =>
  t.Nullable(t.Number({ minimum: 0, maximum: 1, description, examples: [example] }));

const Model = t.Object({
  speaks: t.Boolean({ description: "From 20 lessons of each kind on", examples: [true] }),
  lessons: t.Object({
    spam: Count("Messages that the team called spam", 112),
    wanted: Count("Messages that the team wanted: released, confirmed or answered", 340),
  }),
  features: Count("Different features with a lesson, counted up to 5,000", 4_210),
  bytes: Count("Of the table, with its index", 524_288),
  verdicts: t.Object({
    count: Count("Looked at: those of the 200 newest messages whose verdict the model could foretell", 200),
    precision: Share("Of what the model would have called spam, the share that the team called so", 0.98),
    recall: Share("Of what the team called spam, the share that the model would have called so", 0.91),
  }),
});

/** What the model has learned, for devs. */
export const spamModel = (kernel: Kernel) =>
  new Elysia({ name: "forms.spam-model", prefix: "/api/v1/admin/spam", tags: ["team"] })
    .use(signedIn(kernel, { role: "dev", devScope: true }))
    .get(
      "/model",
      async () => {
        const { lessons, ...figures } = await describeModel(kernel.db, kernel.config);
        return { ...figures, lessons: { spam: lessons.spam, wanted: lessons.ham } };
      },
      {
        response: { 200: Model },
        detail: {
          summary: "What the spam model has learned",
          description:
            "It learns from the team alone: a verdict, or an answer marked as sent. Precision and recall are null while there is nothing to divide by.",
        },
      },
    );
