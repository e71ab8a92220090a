import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { formsOf } from "../catalogue/forms-registry";
import { idAt } from "../received-at";
import type { Fields, Handling, StoredState } from "../tables";
import { highest, isHeld, isNew, isReal, newestOf, newestWhere } from "./newest-messages";

/** A message as a list shows it. */
export type ListedSubmission = {
  id: string;
  form: string;
  state: StoredState;
  handling: Handling;
  score: number | null;
  fields: Fields;
  version: number;
};

export type SubmissionFilters = {
  form?: string;
  /** Default: inbox. */
  state?: StoredState;
  handling?: Handling;
  /** The sender's address. */
  email?: string;
  /** Words that all stand in the message, in any order and as parts of longer ones. */
  q?: string;
  /** From this moment on. */
  since?: Date;
  /** Before this moment. */
  until?: Date;
};

/**
 * Messages that one call looks through for `handling` and `q`: of 1,000 that are 600 characters long the embedded
 * database compares the texts in some 15 ms (measured; of 5,000 in 140 to 600), and serves nobody else meanwhile.
 */
const window = 1_000;

/**
 * Newest first, at most `limit`, older than `after`. Each form is read along its own index. For `handling` and `q` the
 * 1,000 newest candidates are looked through: fewer than `limit` may come back although there are more, so `next`
 * (where to read on, null at the end) says whether the search is over.
 */
export async function listSubmissions(
  db: Db,
  { limit, after = highest, ...filters }: SubmissionFilters & { limit: number; after?: string },
): Promise<{ items: ListedSubmission[]; next: string | null }> {
  const { handling, q } = filters;
  const words = wordsOf(q);
  const searches = handling !== undefined || words.length > 0;
  const most = searches ? window : limit + 1;
  const rows = await db.execute(sql`
    with candidates as materialized (${candidates(formsOf({ db }).slugs(), filters, after, most)}),
    found as (select * from candidates where ${matches(handling, words)} order by id desc limit ${limit + 1}::int)
    select found.id, found.form, found.state, found.handling, found.score, found.fields, found.version,
      scanned.count, scanned.last
    from (select count(*)::int as count, min(id::text) as last from candidates) as scanned
    left join found on true order by found.id desc nulls last`);
  const found = rowsOf<ListedSubmission & { count: number; last: string | null }>(rows);
  const items = found.filter(({ id }) => id !== null).map(({ count, last, ...item }) => item);
  const page = items.slice(0, limit);
  if (items.length > limit) return { items: page, next: page.at(-1)?.id ?? null };
  const [scanned] = found;
  return { items: page, next: searches && scanned?.count === most ? scanned.last : null };
}

/** At most eight. */
export const wordsOf = (q: string | undefined): string[] =>
  q?.match(/[\p{L}\p{N}@._+-]+/gu)?.slice(0, 8) ?? [];

function candidates(
  every: readonly string[],
  { form, state = "inbox", handling, email, since, until }: SubmissionFilters,
  after: string,
  most: number,
): SQL {
  const before = until ? idAt(until) : highest;
  const ids = { from: idAt(since), to: before < after ? before : after };
  if (email !== undefined)
    return sql`select * from gatehouse.submissions
      where email_normalised = ${email.trim().toLowerCase()} and state = ${state} and ${isReal}
        and id >= ${ids.from}::uuid and id < ${ids.to}::uuid
        ${form === undefined ? sql`` : sql`and form = ${form}`} order by id desc limit ${most}::int`;
  if (form === undefined && state === "inbox" && handling === "new") return newestWhere(isNew, ids, most);
  if (form === undefined && state === "held") return newestWhere(isHeld, ids, most);
  const forms = form === undefined ? every : [form];
  const parts = forms.map((one) => sql`(${newestOf(one, state, ids, most)})`);
  return sql`select * from (${sql.join(parts, sql` union all `)}) as message order by id desc limit ${most}::int`;
}

function matches(handling: Handling | undefined, words: readonly string[]): SQL {
  const all = [
    ...(handling === undefined ? [] : [sql`handling = ${handling}`]),
    ...words.map(
      (word) => sql`exists (
        select 1 from jsonb_each_text(fields) where strpos(lower(value), lower(${word})) > 0)`,
    ),
  ];
  return all.length === 0 ? sql`true` : sql.join(all, sql` and `);
}
