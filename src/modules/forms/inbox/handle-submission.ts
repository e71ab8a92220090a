import { and, eq, inArray, or, sql } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { conflict, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { visitorChannels } from "../delivery/cap-visitor-mails";
import { askToConfirm, cancelOpen, tellWhoWasNot } from "../delivery/release-deliveries";
import { planWebhookEvent } from "../delivery/webhooks/plan-webhook-event";
import { keyLifetimes } from "../intake/retry-keys";
import { awaitConfirmation } from "../opt-in/await-confirmation";
import { removeLinks } from "../opt-in/links";
import type { Submission } from "../queries";
import { receivedAt } from "../received-at";
import { forgetFeatures, learnVerdict } from "../screening/learn-verdict";
import {
  deliveries,
  deliveryAttempts,
  type Handling,
  type StoredState,
  submissionKeys,
  submissionNotes,
  submissions,
} from "../tables";
import { followMessages } from "../waitlist/follow-messages";

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
 * The team's verdict, which the spam model learns. "Not spam" tells whoever was not told yet, or first asks the sender to
 * confirm where the form does; of a message that waits for its sender, the team may take it without. "Spam" cancels what
 * has not been sent. To confirm what the service itself judged is a lesson and no change; the same verdict once more is
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
    const isChange = before.state !== state;
    const after = isChange ? await stateAfter(kernel, tx, before, state) : state;
    if (isChange) {
      await tx
        .update(submissions)
        .set({ state: after, ...changed })
        .where(eq(submissions.id, id));
      await followMessages(kernel, tx, [{ ...before, state: after }]);
      if (after === "spam") await cancelOpen(tx, [id]);
      else if (after === "pending") await askToConfirm(kernel, tx, before);
      else await tellWhoWasNot(kernel, tx, before);
    }
    // Last: nobody who holds words that others wait for waits himself.
    const learned = await learnVerdict(kernel, tx, before, state === "spam" ? "spam" : "ham");
    if (!learned && !isChange) return;
    await record(tx, actor, "submission.judged", id, { before: before.state, after });
  });
}

async function stateAfter(
  kernel: Kernel,
  tx: Db,
  before: Submission,
  state: "inbox" | "spam",
): Promise<"inbox" | "pending" | "spam"> {
  if (before.state === "pending" || before.state === "expired") return state;
  const [judged] = await awaitConfirmation<{ submission: Submission; state: StoredState }>(kernel, tx, [
    { submission: before, state },
  ]);
  return judged?.state === "pending" ? "pending" : state;
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
 * there was a message, when, and to which form. What waits to be sent is cancelled, and an entry of the waitlist that it
 * made is gone; webhooks that may have had it and ask for it hear of the erasure. Refuses with 404, also when erased.
 */
export function eraseSubmission(
  { config, db, jobs, now }: Pick<Kernel, "config" | "db" | "jobs" | "now">,
  actor: Actor,
  id: string,
): Promise<void> {
  return db.transaction(async (tx) => {
    const before = await lockSubmission(tx, id);
    await cancelOpen(tx, [id]);
    await removeLinks(tx, id);
    await followMessages({ config, now }, tx, [{ ...before, state: "erased" }]);
    await planWebhookEvent({ jobs }, tx, before, "submission.erased");
    const told = tx.select({ id: deliveries.id }).from(deliveries).where(eq(deliveries.submissionId, id));
    await tx.update(deliveryAttempts).set({ summary: "" }).where(inArray(deliveryAttempts.deliveryId, told));
    await tx
      .update(deliveries)
      .set({ target: sql`'erased ' || ${deliveries.id}`, remoteId: null })
      .where(and(eq(deliveries.submissionId, id), inArray(deliveries.channel, [...visitorChannels])));
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

const record = (
  tx: Db,
  { id: actor, origin }: Actor,
  event: string,
  id: string,
  data: Record<string, string>,
) => audit(tx, { event, actor, subject: { type: "submission", id }, data, origin });
