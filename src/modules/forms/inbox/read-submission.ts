import { asc, eq, inArray } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { findSubmission, type Submission } from "../queries";
import { deliveries, deliveryAttempts, submissionNotes } from "../tables";

/** Rows of each kind that are shown beside a message. */
const most = 200;

/** A message with what became of it: who was told, each attempt, and the team's notes. Throws 404. */
export async function readSubmission(db: Db, id: string) {
  const submission = await getSubmission(db, id);
  const [told, notes] = await Promise.all([
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
