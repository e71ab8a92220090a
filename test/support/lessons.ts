import type { Kernel } from "#/kernel/kernel";
import { learnVerdict } from "#/modules/forms/screening/learn-verdict";
import type { submissions } from "#/modules/forms/tables";
import type { LabelledMessage } from "./spam-set/make-spam-set";

type Row = typeof submissions.$inferSelect;

/** A message as the table would hold it. */
export const toSubmission = ({ fields }: Pick<LabelledMessage, "fields">, more: Partial<Row> = {}): Row => {
  const id = Bun.randomUUIDv7();
  return {
    id,
    form: "contact",
    formVersion: 0,
    kind: "real",
    door: "/api/contact",
    fields,
    language: "en",
    emailNormalised: fields.email,
    subject: null,
    replyTo: null,
    client: null,
    userAgent: null,
    origin: null,
    contentHash: Buffer.from(id.replaceAll("-", ""), "hex"),
    intake: {},
    state: "inbox",
    score: 0,
    reasons: [],
    handling: "new",
    version: 0,
    judgedAt: null,
    updatedAt: null,
    ...more,
  };
};

/** Has the model learn the true labels, without the messages being anywhere. */
export async function teach(kernel: Kernel, messages: readonly LabelledMessage[]): Promise<void> {
  await kernel.db.transaction(async (tx) => {
    for (const message of messages)
      await learnVerdict(kernel, tx, toSubmission(message), message.isSpam ? "spam" : "ham");
  });
}
