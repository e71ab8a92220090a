import { desc, eq } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import { type Delivery, findDelivery, findSubmission } from "../queries";
import { deliveryAttempts, type SubmissionKind } from "../tables";

/** The newest attempts that are shown. */
const most = 200;

export type ReadDelivery = Delivery & {
  form: string;
  kind: SubmissionKind;
  log: (typeof deliveryAttempts.$inferSelect)[];
};

/** A delivery with its attempts, of all series, the first one first. Throws 404. */
export async function readDelivery(db: Db, id: string): Promise<ReadDelivery> {
  const delivery = await findDelivery(db, id);
  if (!delivery) throw notFound("delivery");
  const submission = await findSubmission(db, delivery.submissionId);
  const newest = await db
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, id))
    .orderBy(desc(deliveryAttempts.n))
    .limit(most);
  const { form = "", kind = "real" } = submission ?? {};
  return { ...delivery, form, kind, log: newest.toReversed() };
}
