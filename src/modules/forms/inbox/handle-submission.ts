import { and, eq, inArray, or, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { formAt } from "../catalogue/compiled-forms";
import { deliverSubmission } from "../delivery/deliver-submission";
import { planDeliveries } from "../delivery/plan-deliveries";
import { keyLifetimes } from "../intake/retry-keys";
import type { Submission } from "../queries";
import { receivedAt } from "../received-at";
import { forgetFeatures, learnVerdict } from "../screening/learn-verdict";
import {
  deliveries,
  deliveryAttempts,
  type Handling,
  submissionKeys,
  submissionNotes,
  submissions,
} from "../tables";

/** Who of the team acts, and from where. */
export type Actor = { id: number; origin: Origin };

/**
 * Says how far the team is with a message. An answer teaches the spam model that it was wanted, unless it stands as spam;
 * what an answer taught is not taken back by a later step. Refuses with 404, 409 `version_conflict`.
 */
export function setHandling(
  kernel: Pick<Kernel, "config" | "db">,
  actor: Actor,
  id: string,
  { handling, version }: { handling: Handling; version: number },
): Promise<void> {
  return kernel.db.transaction(async (tx) => {
    const before = await lockSubmission(tx, id, version);
    await tx
      .update(submissions)
      .set({ handling, ...changed })
      .where(eq(submissions.id, id));
    if (handling === "replied" && before.state !== "spam") await learnVerdict(kernel, tx, before, "ham");
    await record(tx, actor, "submission.handled", id, { before: before.handling, after: handling });
  });
}

/**
 * The team's verdict, which the spam model learns. "Not spam" tells whoever was not told yet; "spam" cancels what has
 * not been sent. To confirm what the service itself judged is a lesson and no change; the same verdict once more is
 * neither. Refuses with 404, 409 `version_conflict`, and 409 `not_judged` while the service itself has not judged.
 */
export function correctVerdict(
  kernel: Kernel,
  actor: Actor,
  id: string,
  { state, version }: { state: "inbox" | "spam"; version: number },
): Promise<void> {
  return kernel.db.transaction(async (tx) => {
    const before = await lockSubmission(tx, id, version);
    if (before.state === "received") throw conflict("not_judged", "This message is not judged yet");
    if (before.state !== state) {
      await tx
        .update(submissions)
        .set({ state, ...changed })
        .where(eq(submissions.id, id));
      if (state === "spam") await cancelOpen(tx, id);
      else await tellWhoWasNot(kernel, tx, before);
    }
    // Last: nobody who holds words that others wait for waits himself.
    const learned = await learnVerdict(kernel, tx, before, state === "spam" ? "spam" : "ham");
    if (!learned && before.state === state) return;
    await record(tx, actor, "submission.judged", id, { before: before.state, after: state });
  });
}

/** Adds a note. Refuses with 404. */
export function addNote(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  id: string,
  text: string,
): Promise<{ id: string; created_at: string; author_id: number; text: string }> {
  return db.transaction(async (tx) => {
    await lockSubmission(tx, id);
    const [note] = await tx
      .insert(submissionNotes)
      .values({ id: Bun.randomUUIDv7(), submissionId: id, authorId: actor.id, text })
      .returning();
    await record(tx, actor, "submission.noted", id, { note: note!.id });
    return { id: note!.id, created_at: note!.createdAt.toISOString(), author_id: actor.id, text };
  });
}

/** Removes a note. Refuses with 404. */
export function removeNote(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  { id, note }: { id: string; note: string },
): Promise<void> {
  return db.transaction(async (tx) => {
    const removed = await tx
      .delete(submissionNotes)
      .where(and(eq(submissionNotes.id, note), eq(submissionNotes.submissionId, id)))
      .returning({ id: submissionNotes.id });
    if (removed.length === 0) throw notFound("note");
    await record(tx, actor, "submission.note_removed", id, { note });
  });
}

/**
 * Erases what is personal: fields, sender, notes, addresses and answers of deliveries. The row stays and tells that
 * there was a message, when, and to which form. What waits to be sent is cancelled. Refuses with 404, also when erased.
 */
export function eraseSubmission(
  { config, db }: Pick<Kernel, "config" | "db">,
  actor: Actor,
  id: string,
): Promise<void> {
  return db.transaction(async (tx) => {
    const before = await lockSubmission(tx, id);
    await cancelOpen(tx, id);
    const told = tx.select({ id: deliveries.id }).from(deliveries).where(eq(deliveries.submissionId, id));
    await tx.update(deliveryAttempts).set({ summary: "" }).where(inArray(deliveryAttempts.deliveryId, told));
    await tx
      .update(deliveries)
      .set({ target: sql`'erased ' || ${deliveries.id}`, remoteId: null })
      .where(and(eq(deliveries.submissionId, id), eq(deliveries.channel, "visitor_email")));
    await tx.delete(submissionNotes).where(eq(submissionNotes.submissionId, id));
    await eraseKeys(tx, before, config.FORMS_DUPLICATE_WINDOW);
    await forgetFeatures(tx, id);
    await tx
      .update(submissions)
      .set({
        state: "erased",
        fields: {},
        emailNormalised: null,
        subject: null,
        replyTo: null,
        client: null,
        userAgent: null,
        origin: null,
        contentHash: Buffer.alloc(32),
        intake: null,
        reasons: [],
        ...changed,
      })
      .where(eq(submissions.id, id));
    await record(tx, actor, "submission.erased", id, { before: before.state, form: before.form });
  });
}

/**
 * Looked for by the moment they expire, a minute around: that has an index, and what they stand for has none, which
 * the intake would pay for. One that was taken later, for a page that was sent again, is gone within a day.
 */
async function eraseKeys(tx: Db, { id, form }: Submission, windowSeconds: number): Promise<void> {
  const arrival = receivedAt(id).getTime();
  const moment = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
  const spans = keyLifetimes(windowSeconds).map((seconds) => {
    const expiry = arrival + seconds * 1000;
    return sql`${submissionKeys.expiresAt} between ${moment(expiry - 60_000)} and ${moment(expiry + 60_000)}`;
  });
  await tx
    .delete(submissionKeys)
    .where(and(eq(submissionKeys.form, form), eq(submissionKeys.submissionId, id), or(...spans)));
}

const changed = { version: sql`${submissions.version} + 1`, updatedAt: sql`now()` };

/** The row until the transaction ends; whoever saw another version of it is told so. */
async function lockSubmission(tx: Db, id: string, version?: number): Promise<Submission> {
  const [row] = await tx.select().from(submissions).where(eq(submissions.id, id)).for("update");
  if (!row || row.state === "erased") throw notFound("message");
  if (version !== undefined && row.version !== version)
    throw conflict("version_conflict", "Somebody changed this message meanwhile: read it again");
  return row;
}

async function cancelOpen(tx: Db, id: string): Promise<void> {
  await tx
    .update(deliveries)
    .set({ state: "cancelled", nextAt: null, updatedAt: sql`now()` })
    .where(
      and(
        eq(deliveries.submissionId, id),
        inArray(deliveries.state, ["waiting", "queued", "retrying", "skipped", "dead"]),
      ),
    );
}

/** What was withheld or cancelled; a destination that was told once is not told again. */
async function tellWhoWasNot(kernel: Kernel, tx: Db, before: Submission): Promise<void> {
  const submission = { ...before, state: "inbox" as const };
  const known = await tx
    .select()
    .from(deliveries)
    .where(eq(deliveries.submissionId, submission.id))
    .for("update");
  const due: string[] = [];
  for (const { id, state } of known) {
    if (state === "cancelled") due.push(await renew(tx, id));
    if (state === "waiting") due.push(await release(tx, id));
  }
  const form = formAt(submission.form, submission.formVersion);
  if (known.length === 0 && form) due.push(...(await planDeliveries(kernel, tx, [{ submission, form }])));
  if (due.length > 0)
    await kernel.jobs.enqueue(
      tx,
      deliverSubmission,
      due.map((deliveryId) => ({ deliveryId })),
    );
}

async function release(tx: Db, id: string): Promise<string> {
  await tx.update(deliveries).set({ state: "queued", updatedAt: sql`now()` }).where(eq(deliveries.id, id));
  return id;
}

/** Under a new id: a job that was planned before it was cancelled would send it a second time. */
async function renew(tx: Db, cancelled: string): Promise<string> {
  const id = Bun.randomUUIDv7();
  await tx
    .update(deliveries)
    .set({ id, state: "queued", attempts: 0, updatedAt: sql`now()` })
    .where(eq(deliveries.id, cancelled));
  await tx.update(deliveryAttempts).set({ deliveryId: id }).where(eq(deliveryAttempts.deliveryId, cancelled));
  return id;
}

const record = (
  tx: Db,
  { id: actor, origin }: Actor,
  event: string,
  id: string,
  data: Record<string, string>,
) => audit(tx, { event, actor, subject: { type: "submission", id }, data, origin });
