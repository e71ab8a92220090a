import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { contentHash } from "../intake/content-hash";
import { processSubmission } from "../screening/process-submission";
import { type Fields, type SubmissionKind, submissions } from "../tables";

/** A message of our own making. */
export type Trial = {
  kind: Exclude<SubmissionKind, "real">;
  form: string;
  /** The version it was checked with; 0 is the built-in one. */
  formVersion?: number;
  fields: Fields;
  language: string;
  emailNormalised?: string | undefined;
  replyTo?: string | undefined;
};

/**
 * Puts it where the messages of visitors stand once they are received, with the same job, in the caller's transaction:
 * it is judged and delivered like them. Gives its id.
 */
export async function stageSubmission(
  { jobs }: Pick<Kernel, "jobs">,
  tx: Db,
  { kind, form, formVersion = 0, fields, language, emailNormalised, replyTo }: Trial,
): Promise<string> {
  const id = Bun.randomUUIDv7();
  await tx.insert(submissions).values({
    id,
    kind,
    form,
    formVersion,
    door: kind,
    fields,
    language,
    emailNormalised: emailNormalised ?? null,
    replyTo: replyTo ?? null,
    contentHash: Buffer.from(contentHash(fields as Parameters<typeof contentHash>[0]), "hex"),
    intake: {},
  });
  await jobs.enqueue(tx, processSubmission, [{ submissionIds: [id] }]);
  return id;
}
