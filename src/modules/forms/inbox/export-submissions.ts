import Papa from "papaparse";
import type { Db } from "#/kernel/db";
import { listColumns } from "../catalogue/form-columns";
import { formsOf } from "../catalogue/forms-registry";
import { receivedAt } from "../received-at";
import type { Fields } from "../tables";
import { type Exported, type ExportFilters, exportBatches } from "./export-batches";

export const exportFormats = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export type ExportOptions = {
  form: string;
  format: ExportFormat;
  withSpam: boolean;
  /** CSV begins with a byte order mark, by which Excel knows UTF-8. */
  withMark?: boolean;
  filters?: ExportFilters;
  /** Told after each batch: messages so far, and when the last one arrived. */
  onRows?: (rows: number, asFarAs: Date) => void | Promise<void>;
};

/** Cells that a spreadsheet would run as a formula, full-width forms included (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/**
 * The messages of a form, oldest first, as pieces of text, some of them empty. CSV follows RFC 4180 with CRLF; a cell
 * that begins like a formula gets a leading `'`. JSON and NDJSON are lossless. Memory stays constant.
 */
export async function* exportSubmissions(db: Db, options: ExportOptions): AsyncGenerator<string> {
  const { form, format, withSpam, withMark = false, filters, onRows } = options;
  const columns = format === "csv" ? await listColumns(formsOf({ db }), db, form) : [];
  const write = writers[format](columns, withMark);
  yield write.head;
  let rows = 0;
  for await (const batch of exportBatches(db, { form, withSpam, ...filters })) {
    yield batch.map((row, index) => write.row(row, rows === 0 && index === 0)).join("");
    rows += batch.length;
    const last = batch.at(-1);
    if (last) await onRows?.(rows, receivedAt(last.id));
  }
  yield write.tail;
}

type Writer = { head: string; row(submission: Exported, first: boolean): string; tail: string };

const writers: Record<ExportFormat, (columns: string[], withMark: boolean) => Writer> = {
  csv: (columns, withMark) => ({
    head:
      (withMark ? "\uFEFF" : "") + csvLine(["id", "form", "received_at", "state", "handling", ...columns]),
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

function plain(submission: Exported) {
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
