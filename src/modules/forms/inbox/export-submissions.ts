import { and, asc, eq, gt, lte } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import Papa from "papaparse";
import type { Db } from "#/kernel/db";
import { listColumns } from "../catalogue/form-columns";
import { formsOf } from "../catalogue/forms-registry";
import type { Submission } from "../queries";
import { receivedAt } from "../received-at";
import { type Fields, type SubmissionState, submissionStates, submissions } from "../tables";

export const exportFormats = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const BATCH_ROWS = 1_000;
/** Batches between two collections of garbage. Left alone it grew to 600 MB, against 230 MB in the same time. */
const BATCHES_PER_COLLECTION = 4;
/** Cells that a spreadsheet would run as a formula, full-width forms included (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/**
 * The messages of a form, oldest first, as pieces of text. CSV follows RFC 4180 with CRLF; a cell that begins
 * like a formula gets a leading `'`. JSON and NDJSON are lossless. Spam is left out unless asked for.
 * Memory stays constant: batches of 1,000, each its own statement, up to the newest message at the start.
 */
export async function* exportSubmissions(
  db: Db,
  { form, format, withSpam }: { form: string; format: ExportFormat; withSpam: boolean },
): AsyncGenerator<string> {
  const columns = format === "csv" ? await listColumns(formsOf({ db }), db, form) : [];
  const write = writers[format](columns);
  yield write.head;
  let first = true;
  for await (const batch of batches(db, form, withSpam)) {
    yield batch.map((row, index) => write.row(row, first && index === 0)).join("");
    first = false;
  }
  yield write.tail;
}

async function* batches(db: Db, form: string, withSpam: boolean): AsyncGenerator<Submission[]> {
  const until = Bun.randomUUIDv7();
  let after = "00000000-0000-0000-0000-000000000000";
  for (let count = 1; ; count++) {
    const batch = await listBatch(db, { form, withSpam, after, until });
    const last = batch.at(-1);
    if (!last) return;
    yield batch;
    after = last.id;
    if (count % BATCHES_PER_COLLECTION === 0) Bun.gc(true);
    // The embedded database answers without a turn of the event loop, and visitors would wait.
    await new Promise(setImmediate);
  }
}

/**
 * Each state by itself, so that the index on form, state and id gives the order. Where nobody gathers statistics, as in
 * the embedded database, one query over all states was planned as a scan and a sort for every batch.
 */
function listBatch(
  db: Db,
  { form, withSpam, after, until }: { form: string; withSpam: boolean; after: string; until: string },
): Promise<Submission[]> {
  const inState = (state: SubmissionState) =>
    db
      .select()
      .from(submissions)
      .where(
        and(
          eq(submissions.form, form),
          eq(submissions.state, state),
          eq(submissions.kind, "real"),
          gt(submissions.id, after),
          lte(submissions.id, until),
        ),
      )
      .orderBy(asc(submissions.id))
      .limit(BATCH_ROWS);
  const [first, second, ...others] = submissionStates;
  return unionAll(
    inState(first),
    inState(second),
    ...others.filter((state) => withSpam || state !== "spam").map(inState),
  )
    .orderBy(asc(submissions.id))
    .limit(BATCH_ROWS);
}

type Writer = { head: string; row(submission: Submission, first: boolean): string; tail: string };

const writers: Record<ExportFormat, (columns: string[]) => Writer> = {
  csv: (columns) => ({
    head: csvLine(["id", "form", "received_at", "state", "handling", ...columns]),
    row: (submission) => {
      const { id, form, received_at, state, handling, fields } = plain(submission);
      return csvLine([id, form, received_at, state, handling, ...columns.map((name) => cell(fields[name]))]);
    },
    tail: "",
  }),
  json: () => ({
    head: "[",
    row: (submission, first) => `${first ? "\n" : ",\n"}${JSON.stringify(plain(submission))}`,
    tail: "\n]\n",
  }),
  ndjson: () => ({ head: "", row: (submission) => `${JSON.stringify(plain(submission))}\n`, tail: "" }),
};

function plain(submission: Submission) {
  const { id, form, state, handling, score, reasons, language, fields } = submission;
  return {
    id,
    form,
    received_at: receivedAt(id).toISOString(),
    state,
    handling,
    score,
    reasons,
    language,
    fields,
  };
}

const cell = (value: Fields[string] | undefined): string =>
  typeof value === "object" ? value.join("; ") : String(value ?? "");

const csvLine = (cells: string[]): string => `${Papa.unparse([cells], { escapeFormulae: FORMULA })}\r\n`;
