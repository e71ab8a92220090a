import { and, count, eq, gt, inArray, sql } from "drizzle-orm";
import type { CallResult } from "#/kernel/call-result";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Verdict } from "./screen-submission";
import { type DeliveryState, deliveries, deliveryAttempts, submissions } from "./tables";

export type Submission = typeof submissions.$inferSelect;
export type Delivery = typeof deliveries.$inferSelect;
export type NewDelivery = Pick<Delivery, "id" | "submissionId" | "channel" | "target" | "state">;

export async function findSubmission(db: Db, id: string): Promise<Submission | undefined> {
  const [row] = await db.select().from(submissions).where(eq(submissions.id, id));
  return row;
}

/** Locks the row until the transaction ends, so that two judges cannot both see it unjudged. */
export async function lockSubmission(tx: Db, id: string): Promise<Submission | undefined> {
  const [row] = await tx.select().from(submissions).where(eq(submissions.id, id)).for("update");
  return row;
}

/** What was seen on arrival is dropped: it is judged, and the reasons stay. */
export async function setVerdict(tx: Db, id: string, verdict: Verdict, at: Date): Promise<void> {
  await tx
    .update(submissions)
    .set({ ...verdict, intake: null, judgedAt: at, updatedAt: at })
    .where(eq(submissions.id, id));
}

export async function insertDeliveries(tx: Db, planned: readonly NewDelivery[]): Promise<void> {
  if (planned.length > 0) await tx.insert(deliveries).values([...planned]);
}

/** Confirmations planned for an address in the last 24 hours: of this form, and of all forms. */
export async function countVisitorMails(
  tx: Db,
  address: string,
  form: string,
): Promise<{ form: number; all: number }> {
  const [row] = await tx
    .select({ all: count(), form: sql<number>`count(*) filter (where ${submissions.form} = ${form})` })
    .from(deliveries)
    .innerJoin(submissions, eq(submissions.id, deliveries.submissionId))
    .where(
      and(
        eq(deliveries.channel, "visitor_email"),
        eq(deliveries.target, address),
        gt(deliveries.createdAt, sql`now() - interval '24 hours'`),
        inArray(deliveries.state, ["queued", "sending", "retrying", "delivered"]),
      ),
    );
  return { form: Number(row?.form ?? 0), all: Number(row?.all ?? 0) };
}

/** How many deliveries are dead, retrying or skipped, by the index of those; at most 5,000 of each are counted. */
export async function countOpenDeliveries(db: Db): Promise<{ state: DeliveryState; count: number }[]> {
  const rows = await db.execute(sql`
    select wanted.state, (select count(*)::int from (
      select 1 from ${deliveries} held
      where held.state = wanted.state and held.state in ('dead', 'retrying', 'skipped') limit 5000) as capped) as count
    from (values ('dead'), ('retrying'), ('skipped')) as wanted(state)`);
  return rowsOf(rows);
}

/**
 * Takes a delivery for one attempt; undefined when it is at rest. `sending` may be taken again: pg-boss runs
 * a job a second time only after the first run died.
 */
export async function claimDelivery(db: Db, id: string, at: Date): Promise<Delivery | undefined> {
  const [row] = await db
    .update(deliveries)
    .set({ state: "sending", updatedAt: at })
    .where(and(eq(deliveries.id, id), inArray(deliveries.state, ["queued", "retrying", "sending"])))
    .returning();
  return row;
}

export async function insertAttempt(
  tx: Db,
  deliveryId: string,
  attempt: { startedAt: Date; finishedAt: Date; result: CallResult<{ messageId: string }> },
): Promise<void> {
  const { startedAt, finishedAt, result } = attempt;
  await tx.insert(deliveryAttempts).values({
    id: Bun.randomUUIDv7(),
    deliveryId,
    n: sql`(select count(*) + 1 from ${deliveryAttempts} where ${deliveryAttempts.deliveryId} = ${deliveryId})`,
    startedAt,
    tookMs: finishedAt.getTime() - startedAt.getTime(),
    outcome: result.kind,
    status: result.kind === "ok" ? null : (result.why.status ?? null),
    summary: result.kind === "ok" ? result.value.messageId : `${result.why.code}: ${result.why.text}`,
  });
}

export async function setDeliveryOutcome(
  tx: Db,
  id: string,
  outcome: {
    state: DeliveryState;
    attempts: number;
    nextAt: Date | undefined;
    result: CallResult<{ messageId: string }>;
    at: Date;
  },
): Promise<void> {
  const { state, attempts, nextAt, result, at } = outcome;
  await tx
    .update(deliveries)
    .set({
      state,
      attempts,
      nextAt: nextAt ?? null,
      remoteId: result.kind === "ok" ? result.value.messageId : null,
      lastError: result.kind === "ok" ? null : result.why.code,
      updatedAt: at,
    })
    .where(eq(deliveries.id, id));
}
