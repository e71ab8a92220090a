import { and, asc, eq, gt, gte, lt } from "drizzle-orm";
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

type Wanted = { form: string; withSpam: boolean } & ExportFilters;

/**
 * What visitors sent to a form, oldest first, up to the newest message at the start; a batch may be empty where the
 * filters pass over all of it. Spam only where `withSpam` or `state` asks for it. Each batch is a statement of its own: a
 * long transaction would keep everybody else out of the embedded database.
 */
export async function* exportBatches(
  db: Db,
  { form, withSpam, ...filters }: Wanted,
): AsyncGenerator<Submission[]> {
  const { state, since, until } = filters;
  const [now, last] = [Bun.randomUUIDv7(), until && idAt(until)];
  const before = last !== undefined && last < now ? last : now;
  const states = state ? [state] : submissionStates.filter((one) => withSpam || one !== "spam");
  let after = "00000000-0000-0000-0000-000000000000";
  for (let count = 1; ; count++) {
    const batch = await listBatch(db, { form, states, from: idAt(since), after, before });
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
function isWanted({ handling, email, q }: ExportFilters): (submission: Submission) => boolean {
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
 * Each state by itself, so that the index on form, state and id gives the order. Where nobody gathers statistics, as in
 * the embedded database, one query over all states was planned as a scan and a sort for every batch.
 */
function listBatch(
  db: Db,
  {
    form,
    states,
    from,
    after,
    before,
  }: Record<"form" | "from" | "after" | "before", string> & { states: readonly SubmissionState[] },
): Promise<Submission[]> {
  const inState = (state: SubmissionState) =>
    db
      .select()
      .from(submissions)
      .where(
        and(
          eq(submissions.form, form),
          eq(submissions.state, state),
          // What the service and the team send themselves to try the ways is nobody's message.
          eq(submissions.kind, "real"),
          gte(submissions.id, from),
          gt(submissions.id, after),
          lt(submissions.id, before),
        ),
      )
      .orderBy(asc(submissions.id))
      .limit(BATCH_ROWS);
  const [first, second, ...others] = states.map(inState);
  if (!first) return Promise.resolve([]);
  if (!second) return first;
  return unionAll(first, second, ...others)
    .orderBy(asc(submissions.id))
    .limit(BATCH_ROWS);
}
