import { and, asc, eq, gt, lte, ne } from "drizzle-orm";
import Papa from "papaparse";
import type { Db } from "#/kernel/db";
import { listColumns } from "./form-columns";
import type { Submission } from "./queries";
import { receivedAt } from "./received-at";
import { type Fields, submissions } from "./tables";

export const exportFormats = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

const BATCH_ROWS = 1_000;
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
  const columns = format === "csv" ? await listColumns(db, form) : [];
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
  for (;;) {
    const wanted = withSpam ? undefined : ne(submissions.state, "spam");
    const batch = await db
      .select()
      .from(submissions)
      .where(and(eq(submissions.form, form), gt(submissions.id, after), lte(submissions.id, until), wanted))
      .orderBy(asc(submissions.id))
      .limit(BATCH_ROWS);
    const last = batch.at(-1);
    if (!last) return;
    yield batch;
    after = last.id;
  }
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
