import { and, asc, eq, getTableColumns, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "#/kernel/db";
import type { Submission } from "../queries";
import { idAt } from "../received-at";
import { type SubmissionState, submissionStates, submissions } from "../tables";
import { type SubmissionFilters, wordsOf } from "./list-submissions";

/** Those of the list, with the state named among those that still hold a message. */
export type ExportFilters = Omit<SubmissionFilters, "form" | "state"> & { state?: SubmissionState };

const BATCH_ROWS = 1_000;
/** Batches between two collections of garbage. Left alone it grew to 600 MB, against 230 MB in the same time. */
const BATCHES_PER_COLLECTION = 4;

const { id, form, state, handling, score, reasons, language, fields, emailNormalised } =
  getTableColumns(submissions);
/** Not whole rows: what is read and not written only makes garbage. */
const columns = { id, form, state, handling, score, reasons, language, fields, emailNormalised };
export type Exported = Pick<Submission, keyof typeof columns>;

type Wanted = { form: string; withSpam: boolean } & ExportFilters;

/**
 * What visitors sent to a form, oldest first, up to the newest message at the start; a batch may be empty where the
 * filters pass over all of it. Spam only where `withSpam` or `state` asks for it. Each batch is a statement of its own: a
 * long transaction would keep everybody else out of the embedded database.
 */
export async function* exportBatches(
  db: Db,
  { form, withSpam, ...filters }: Wanted,
): AsyncGenerator<Exported[]> {
  const { state, since, until } = filters;
  const [now, last] = [Bun.randomUUIDv7(), until && idAt(until)];
  const before = last !== undefined && last < now ? last : now;
  const states = state ? [state] : submissionStates.filter((one) => withSpam || one !== "spam");
  // No message has the lowest id of its moment, so one from that moment on lies after it.
  let after = idAt(since);
  for (let count = 1; ; count++) {
    const batch = await listBatch(db, { form, states, after, before });
    const end = batch.at(-1);
    if (!end) return;
    yield batch.filter(isWanted(filters));
    after = end.id;
    if (count % BATCHES_PER_COLLECTION === 0) Bun.gc(true);
    // The embedded database answers without a turn of the event loop, and visitors would wait.
    await new Promise(setImmediate);
  }
}

/** The others are looked at here: they have no index, and a statement that sought a thousand would have no end. */
function isWanted({ handling, email, q }: ExportFilters): (submission: Exported) => boolean {
  const address = email?.trim().toLowerCase();
  const words = wordsOf(q).map((word) => word.toLowerCase());
  return (submission) => {
    if (handling !== undefined && submission.handling !== handling) return false;
    if (address !== undefined && submission.emailNormalised !== address) return false;
    const texts =
      words.length === 0 ? [] : Object.values(submission.fields).map((value) => textOf(value).toLowerCase());
    return words.every((word) => texts.some((text) => text.includes(word)));
  };
}

const textOf = (value: Submission["fields"][string]): string =>
  typeof value === "object" ? value.join("\n") : String(value);

/**
 * Each state by itself, and whole rows compared, so that there is one way: the index on form, state and id, from where
 * the last batch ended. One query over all states was planned as a scan and a sort for every batch; and with `form = …`
 * PostgreSQL may seek a state that hardly any message has among all of them, batch after batch.
 */
function listBatch(
  db: Db,
  {
    form,
    states,
    after,
    before,
  }: { form: string; states: readonly SubmissionState[]; after: string; before: string },
): Promise<Exported[]> {
  const inState = (state: SubmissionState) =>
    db
      .select(columns)
      .from(submissions)
      .where(
        and(
          sql`(${submissions.form}, ${submissions.state}, ${submissions.id}) > (${form}::text, ${state}::text, ${after}::uuid)`,
          sql`(${submissions.form}, ${submissions.state}, ${submissions.id}) < (${form}::text, ${state}::text, ${before}::uuid)`,
          // What the service and the team send themselves to try the ways is nobody's message.
          eq(submissions.kind, "real"),
        ),
      )
      .orderBy(asc(submissions.form), asc(submissions.state), asc(submissions.id))
      .limit(BATCH_ROWS);
  const [first, second, ...others] = states.map(inState);
  if (!first) return Promise.resolve([]);
  if (!second) return first;
  return unionAll(first, second, ...others)
    .orderBy(asc(submissions.id))
    .limit(BATCH_ROWS);
}
