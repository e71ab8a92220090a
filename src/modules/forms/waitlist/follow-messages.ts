import { and, eq, inArray, ne, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Submission } from "../queries";
import type { StoredState } from "../tables";
import { creditFriends } from "./credit-friends";
import { entryColumns, insertEntries, newEntry } from "./insert-entries";
import { hashOfStatus, statusToken } from "./status-token";
import { type WaitlistState, waitlistEntries } from "./tables";
import { waitlistForm } from "./waitlist-form";

type Needs = Pick<Kernel, "config" | "now">;
/** A message with the state that it has just come into. */
type Message = Pick<Submission, "id" | "form" | "kind" | "emailNormalised" | "fields"> & {
  state: StoredState;
};
type Entry = typeof waitlistEntries.$inferSelect;

/** Entries whose friend has been credited for them. */
const counting: readonly WaitlistState[] = ["confirmed", "invited", "joined"];

/**
 * Keeps the waitlist in step with what became of its messages: the inbox confirms an entry, spam removes the one it
 * made, and one that was never confirmed, or is erased, goes. Changes wait for each other until the transaction ends.
 */
export async function followMessages(kernel: Needs, tx: Db, messages: readonly Message[]): Promise<void> {
  const ours = messages.flatMap(({ emailNormalised: email, ...one }) =>
    one.form === waitlistForm && one.kind === "real" && email !== null ? [{ ...one, email }] : [],
  );
  if (ours.length === 0) return;
  await lockWaitlist(tx);
  const idsOf = (state: StoredState) => ours.filter((one) => one.state === state).map(({ id }) => id);
  const accepted = ours.filter(({ state }) => state === "inbox" || state === "pending" || state === "held");
  const confirmed = accepted.filter(({ state }) => state === "inbox").map(({ email }) => email);

  await enter(tx, accepted);
  await takeBack(tx, accepted);
  await confirm(kernel, tx, confirmed);
  await strike(kernel, tx, idsOf("spam"));
  await forget(kernel, tx, idsOf("expired"), ["pending"]);
  await forget(kernel, tx, idsOf("erased"));
}

/** Whoever has the address leaves; also an entry that was confirmed. */
export async function leaveWaitlist(kernel: Needs, tx: Db, email: string): Promise<void> {
  await lockWaitlist(tx);
  const gone = await tx.delete(waitlistEntries).where(eq(waitlistEntries.emailNormalised, email)).returning();
  await orphan(kernel, tx, gone);
}

/** One change at a time: each may touch the entry of a friend beside its own. */
export async function lockWaitlist(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.waitlist'))`);
}

type Accepted = { id: string; email: string; fields: Submission["fields"] };

/** The intake has made most of them; an entry that went meanwhile is made anew. */
async function enter(tx: Db, accepted: readonly Accepted[]): Promise<void> {
  if (accepted.length === 0) return;
  const rows = JSON.stringify(accepted.map(({ id, email, fields }) => newEntry(id, email, fields)));
  await tx.execute(
    insertEntries(sql`select * from jsonb_to_recordset(${rows}::jsonb) as row(${entryColumns})`),
  );
}

/** An entry that was removed as spam waits again, for a message that is none. */
async function takeBack(tx: Db, accepted: readonly Accepted[]): Promise<void> {
  if (accepted.length === 0) return;
  const rows = JSON.stringify(accepted.map(({ id, email }) => ({ id, email })));
  await tx.execute(sql`
    update gatehouse.waitlist_entries as entry set state = 'pending', submission_id = message.id
    from jsonb_to_recordset(${rows}::jsonb) as message(id uuid, email text)
    where entry.email_normalised = message.email and entry.state = 'removed'`);
}

async function confirm({ config, now }: Needs, tx: Db, emails: readonly string[]): Promise<void> {
  if (emails.length === 0) return;
  const waiting = await tx
    .select()
    .from(waitlistEntries)
    .where(and(inArray(waitlistEntries.emailNormalised, [...emails]), eq(waitlistEntries.state, "pending")));
  if (waiting.length === 0) return;
  const rows = waiting.map(({ id }) => ({
    id,
    status: Buffer.from(hashOfStatus(statusToken(config, id))).toString("hex"),
  }));
  await tx.execute(sql`
    update gatehouse.waitlist_entries as entry
    set state = 'confirmed', confirmed_at = ${now().toISOString()}::timestamptz,
      rank_key = seq - ${config.WAITLIST_SPOTS_PER_REFERRAL}::int * credited,
      status_token_hash = decode(row.status, 'hex')
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id uuid, status text)
    where entry.id = row.id`);
  await creditFriends(config, tx, waiting, 1);
}

async function strike({ config }: Needs, tx: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const made = and(inArray(waitlistEntries.submissionId, [...ids]), ne(waitlistEntries.state, "removed"));
  const before = await tx.select().from(waitlistEntries).where(made);
  await tx.update(waitlistEntries).set({ state: "removed", confirmedAt: null, invitedAt: null }).where(made);
  await creditFriends(config, tx, before.filter(isCounting), -1);
}

async function forget(
  kernel: Needs,
  tx: Db,
  ids: readonly string[],
  states?: readonly WaitlistState[],
): Promise<void> {
  if (ids.length === 0) return;
  const gone = await tx
    .delete(waitlistEntries)
    .where(
      and(
        inArray(waitlistEntries.submissionId, [...ids]),
        states && inArray(waitlistEntries.state, [...states]),
      ),
    )
    .returning();
  await orphan(kernel, tx, gone);
}

/** What others keep of entries that are gone: their friends lose the credit, and nobody was sent by them any more. */
async function orphan({ config }: Needs, tx: Db, gone: readonly Entry[]): Promise<void> {
  if (gone.length === 0) return;
  await creditFriends(config, tx, gone.filter(isCounting), -1);
  const ids = gone.map(({ id }) => id);
  await tx.update(waitlistEntries).set({ referredBy: null }).where(inArray(waitlistEntries.referredBy, ids));
}

const isCounting = ({ state }: Entry): boolean => counting.includes(state);
