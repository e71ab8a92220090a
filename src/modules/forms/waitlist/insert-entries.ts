import { type SQL, sql } from "drizzle-orm";
import { randomToken } from "#/kernel/crypto";
import type { Fields } from "../tables";

/** Somebody who has asked to be on the waitlist, with what their entry gets if there is none yet. */
export type NewEntry = {
  entryId: string;
  submissionId: string;
  email: string;
  referralToken: string;
  /** The referral token that came with the message. */
  friend: string | null;
};

/** The entry that a message asks for. Tokens are of 16 random bytes. */
export function newEntry(submissionId: string, email: string, { referral_token }: Fields): NewEntry {
  const friend = typeof referral_token === "string" ? referral_token.trim() : "";
  return {
    entryId: Bun.randomUUIDv7(),
    submissionId,
    email,
    referralToken: randomToken(16),
    friend: friend === "" ? null : friend,
  };
}

/**
 * Inserts the entries that are not there yet, for the `with` of a statement or as one. Where an address is known, its
 * entry stays as it is: the first referral counts. Nobody refers themselves, under a `+tag` of the same address
 * neither. `incoming`: a query whose columns are the members of `NewEntry`. In the order of addresses, or two batches
 * with the same ones would wait for each other.
 */
export const insertEntries = (incoming: SQL): SQL => sql`
  insert into gatehouse.waitlist_entries (id, submission_id, email_normalised, state, referral_token, referred_by)
  select distinct on (one."email") one."entryId", one."submissionId", one."email", 'pending', one."referralToken",
    friend.id
  from (${incoming}) as one
  left join gatehouse.waitlist_entries as friend on friend.referral_token = one."friend"
    and friend.state <> 'removed' and ${mailbox(sql`friend.email_normalised`)} <> ${mailbox(sql`one."email"`)}
  where not exists (
    select 1 from gatehouse.waitlist_entries as known where known.email_normalised = one."email")
  order by one."email", one."submissionId"
  on conflict (email_normalised) do nothing`;

/** The columns of `NewEntry` in rows that were handed over as JSON. */
export const entryColumns = sql.raw(
  '"entryId" uuid, "submissionId" uuid, "email" text, "referralToken" text, "friend" text',
);

/** The address without what stands behind a plus in its local part. */
const mailbox = (email: SQL): SQL => sql`regexp_replace(${email}, '\\+[^@]*@', '@')`;
