import { and, eq, inArray, sql } from "drizzle-orm";
import type { CallResult } from "#/kernel/call-result";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Verdict } from "./screening/screen-submission";
import { type DeliveryState, deliveries, deliveryAttempts, type StoredState, submissions } from "./tables";

export type Submission = typeof submissions.$inferSelect;
export type Delivery = typeof deliveries.$inferSelect;
export type NewDelivery = Pick<Delivery, "id" | "submissionId" | "channel" | "target" | "state">;

export async function findSubmission(db: Db, id: string): Promise<Submission | undefined> {
  const [row] = await db.select().from(submissions).where(eq(submissions.id, id));
  return row;
}

/** What a message is now, held until the transaction ends; undefined where it is gone. */
export async function holdState(tx: Db, id: string): Promise<StoredState | undefined> {
  const [row] = await tx
    .select({ state: submissions.state })
    .from(submissions)
    .where(eq(submissions.id, id))
    .for("share");
  return row?.state;
}

/** Those of them that nobody has judged, locked until the transaction ends; two judges take them in one order. */
export function lockUnjudged(tx: Db, ids: readonly string[]): Promise<Submission[]> {
  return tx
    .select()
    .from(submissions)
    .where(and(inArray(submissions.id, [...ids]), eq(submissions.state, "received")))
    .orderBy(submissions.id)
    .for("update");
}

/** What was seen on arrival is dropped: it is judged, and the reasons stay. */
export async function setVerdicts(
  tx: Db,
  verdicts: readonly (Verdict & { id: string })[],
  at: Date,
): Promise<void> {
  await tx.execute(sql`
    update gatehouse.submissions as judged
    set state = verdict.state, score = verdict.score, reasons = verdict.reasons, intake = null,
      judged_at = ${at.toISOString()}::timestamptz, updated_at = ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(verdicts)}::jsonb)
      as verdict(id uuid, state text, score smallint, reasons jsonb)
    where judged.id = verdict.id`);
}

export async function insertDeliveries(tx: Db, planned: readonly NewDelivery[]): Promise<void> {
  if (planned.length > 0) await tx.insert(deliveries).values([...planned]);
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

export async function findDelivery(db: Db, id: string): Promise<Delivery | undefined> {
  const [row] = await db.select().from(deliveries).where(eq(deliveries.id, id));
  return row;
}

/** Adds to what a channel has reached, so that the next attempt continues there. */
export async function rememberSteps(
  db: Db,
  id: string,
  steps: Readonly<Record<string, string>>,
): Promise<void> {
  await db
    .update(deliveries)
    .set({ steps: sql`${deliveries.steps} || ${JSON.stringify(steps)}::jsonb` })
    .where(eq(deliveries.id, id));
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
    summary: summaryOf(result),
  });
}

/** What the other side said, at most 1 KB. */
function summaryOf(result: CallResult<{ messageId: string }>): string {
  if (result.kind === "ok") return result.remoteId ?? result.value.messageId;
  return `${result.why.code}: ${result.why.text}`.slice(0, 1024);
}

/** False where it was not on its way in this turn any more: somebody who took over from a slow run was faster. */
export async function setDeliveryOutcome(
  tx: Db,
  { id, turn: taken }: Pick<Delivery, "id" | "turn">,
  outcome: {
    state: DeliveryState;
    attempts: number;
    nextAt: Date | undefined;
    /** Counted up where a job is planned. */
    turn: number;
    /** The lane it waits for instead of a job. */
    waitsFor: string | undefined;
    result: CallResult<{ messageId: string }>;
    at: Date;
  },
): Promise<boolean> {
  const { state, attempts, nextAt, turn, waitsFor, result, at } = outcome;
  const rows = await tx
    .update(deliveries)
    .set({
      state,
      attempts,
      nextAt: nextAt ?? null,
      turn,
      waitsFor: waitsFor ?? null,
      remoteId: result.kind === "ok" ? result.value.messageId : null,
      lastError: result.kind === "ok" ? null : result.why.code,
      updatedAt: at,
    })
    .where(and(eq(deliveries.id, id), eq(deliveries.turn, taken), eq(deliveries.state, "sending")))
    .returning({ id: deliveries.id });
  return rows.length > 0;
}
