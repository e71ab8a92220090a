import { asc, eq, inArray } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { findSubmission, type Submission } from "../queries";
import { strongestFeatures } from "../screening/strongest-features";
import { deliveries, deliveryAttempts, submissionNotes } from "../tables";

/** Rows of each kind that are shown beside a message. */
const most = 200;

/**
 * A message with what became of it: who was told, each attempt, the team's notes, and what in it the spam model goes by.
 * Throws 404.
 */
export async function readSubmission({ config, db }: Pick<Kernel, "config" | "db">, id: string) {
  const submission = await getSubmission(db, id);
  const [told, notes, features] = await Promise.all([
    db
      .select()
      .from(deliveries)
      .where(eq(deliveries.submissionId, id))
      .orderBy(asc(deliveries.id))
      .limit(most),
    db
      .select()
      .from(submissionNotes)
      .where(eq(submissionNotes.submissionId, id))
      .orderBy(asc(submissionNotes.id))
      .limit(most),
    submission.state === "erased" ? [] : strongestFeatures(config, db, submission),
  ]);
  const ids = told.map((delivery) => delivery.id);
  const attempts =
    ids.length === 0
      ? []
      : await db
          .select()
          .from(deliveryAttempts)
          .where(inArray(deliveryAttempts.deliveryId, ids))
          .orderBy(asc(deliveryAttempts.deliveryId), asc(deliveryAttempts.n))
          .limit(most);
  return {
    submission,
    notes,
    features,
    deliveries: told.map((delivery) => ({
      ...delivery,
      attempts: attempts.filter(({ deliveryId }) => deliveryId === delivery.id),
    })),
  };
}

/** Throws 404 where there is no such message. */
export async function getSubmission(db: Db, id: string): Promise<Submission> {
  const submission = await findSubmission(db, id);
  if (!submission) throw notFound("message");
  return submission;
}
