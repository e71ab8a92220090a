import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Jobs } from "#/kernel/jobs";
import { processSubmission } from "../screening/process-submission";
import type { Fields, IntakeFacts } from "../tables";
import { entryColumns, insertEntries, newEntry } from "../waitlist/insert-entries";
import { waitlistForm } from "../waitlist/waitlist-form";

/** A checked message on its way to the disk. Hashes are hexadecimal here, raw in the table. */
export type NewSubmission = {
  id: string;
  form: string;
  formVersion: number;
  door: string;
  fields: Fields;
  language: string;
  emailNormalised: string | null;
  subject: string | null;
  replyTo: string | null;
  client: string | null;
  userAgent: string | null;
  origin: string | null;
  contentHash: string;
  intake: IntakeFacts;
  /** What a repeated post is recognised by, and for how many seconds. */
  key: string;
  keySeconds: number;
};

/**
 * Writes keys, rows, jobs and entries of the waitlist in one statement, which is its own transaction: with `begin` and `commit` around two, a
 * batch waited for four answers of the server instead of one. Answers the ids whose key was free: those are on disk.
 * A missing id is the twin of an earlier message. Repeating a call whose outcome was lost adds nothing:
 * rows are inserted by id, and one job names those that were new.
 *
 * Keys are taken in sorted order, or two batches with the same keys would deadlock; a key is
 * taken over when it has expired, or when it is already this very row's (a repeat after a lost answer).
 */
export async function storeSubmissions(
  { db, jobs }: { db: Db; jobs: Pick<Jobs, "insertInto" | "enqueued"> },
  batch: readonly NewSubmission[],
): Promise<Set<string>> {
  const payloads = sql`
    select json_build_object('submissionIds', json_agg(id)) from inserted having count(*) > 0`;
  const rows = await db.execute(sql`
    with incoming as (
      select * from jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) as row(
        "id" uuid, "form" text, "formVersion" int, "door" text, "fields" jsonb, "language" text, "emailNormalised" text,
        "subject" text, "replyTo" text, "client" text, "userAgent" text, "origin" text,
        "contentHash" text, "intake" jsonb, "key" text, "keySeconds" int)
    ), claimed as (
      insert into gatehouse.submission_keys as held (form, key, content_hash, submission_id, expires_at)
      select "form", decode("key", 'hex'), decode("contentHash", 'hex'), "id",
             now() + make_interval(secs => "keySeconds")
      from incoming order by "form", "key"
      on conflict (form, key) do update
        set content_hash = excluded.content_hash, submission_id = excluded.submission_id,
            expires_at = excluded.expires_at
        where held.expires_at < now() or held.submission_id = excluded.submission_id
      returning submission_id
    ), inserted as (
      insert into gatehouse.submissions (id, form, form_version, door, fields, language, email_normalised, subject,
        reply_to, client, user_agent, origin, content_hash, intake)
      select "id", "form", "formVersion", "door", "fields", "language", "emailNormalised", "subject", "replyTo",
        "client", "userAgent", "origin", decode("contentHash", 'hex'), "intake"
      from incoming join claimed on claimed.submission_id = incoming."id"
      on conflict (id) do nothing
      returning id
    ), queued as (${jobs.insertInto(processSubmission, payloads)})${enterWaitlist(batch)}
    select string_agg(submission_id::text, ' ') as ids from claimed`);
  const ids = rowsOf<{ ids: string | null }>(rows)[0]?.ids;
  if (!ids) return new Set();
  jobs.enqueued(processSubmission);
  return new Set(ids.split(" "));
}

/** The entries of those in the batch who ask to be on the waitlist; most batches have none, and pay nothing for it. */
function enterWaitlist(batch: readonly NewSubmission[]): SQL | undefined {
  const asking = batch.flatMap(({ id, form, emailNormalised, fields }) =>
    form === waitlistForm && emailNormalised !== null ? [newEntry(id, emailNormalised, fields)] : [],
  );
  if (asking.length === 0) return;
  return sql`, entered as (${insertEntries(sql`
    select asked.* from jsonb_to_recordset(${JSON.stringify(asking)}::jsonb) as asked(${entryColumns})
    join claimed on claimed.submission_id = asked."submissionId"`)})`;
}

/** What a key already stands for, if it is still held. */
export async function findKeyHolder(
  db: Db,
  { form, key }: { form: string; key: string },
): Promise<{ id: string; contentHash: string } | undefined> {
  const rows = await db.execute(sql`
    select submission_id as id, encode(content_hash, 'hex') as "contentHash"
    from gatehouse.submission_keys
    where form = ${form} and key = decode(${key}, 'hex') and expires_at >= now()`);
  return rowsOf<{ id: string; contentHash: string }>(rows)[0];
}
