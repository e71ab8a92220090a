import type { Db } from "#/kernel/db";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { AppError } from "#/kernel/errors";
import { Moment, momentOf } from "#/kernel/http/list-parameters";
import {
  type ExportFormat,
  exportFormats,
  exportSubmissions,
  formsOf,
  submissionStates,
} from "#/modules/forms";
import { readArguments, UsageError } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";
import { requireSchema } from "./require-schema";

/** Messages between two words on how far it is. */
const ROWS_PER_WORD = 50_000;

/** `<form> --format csv|json|ndjson`, filters, `--output FILE`. Refuses unknown forms and formats by name. */
export function readExportArguments(args: string[]) {
  const { values, positionals } = readArguments(args, {
    allowPositionals: true,
    options: {
      format: { type: "string" },
      output: { type: "string", short: "o" },
      "with-spam": { type: "boolean" },
      state: { type: "string" },
      since: { type: "string" },
      until: { type: "string" },
      bom: { type: "boolean" },
      progress: { type: "boolean" },
    },
  });
  const [form, ...more] = positionals;
  if (form === undefined || more.length > 0) throw new UsageError("Name one form");
  const format = values.format ?? "";
  if (!isFormat(format)) throw new UsageError(`--format must be one of ${exportFormats.join(", ")}`);
  return {
    form,
    format,
    withSpam: values["with-spam"] ?? false,
    withMark: values.bom ?? false,
    filters: {
      ...(values.state !== undefined && { state: readState(values.state) }),
      ...(values.since !== undefined && { since: readMoment("since", values.since) }),
      ...(values.until !== undefined && { until: readMoment("until", values.until) }),
    },
    file: values.output,
    progress: values.progress ?? false,
  };
}

function readState(text: string) {
  const state = submissionStates.find((one) => one === text);
  if (!state) throw new UsageError(`--state must be one of ${submissionStates.join(", ")}`);
  return state;
}

function readMoment(option: string, text: string): Date {
  try {
    if (isMoment.test(text)) return momentOf(option, text);
  } catch {}
  throw new UsageError(`--${option} must be a day, or a moment such as 2026-11-21T09:00:00Z`);
}

const isMoment = new RegExp(Moment.pattern ?? "");
const isFormat = (text: string): text is ExportFormat => exportFormats.some((format) => format === text);

export const writeExport: DatabaseCommand = async ({ database, db }, args, { write, complain }) => {
  await requireSchema(database);
  const { file, progress, ...wanted } = readExportArguments(args);
  await requireForm(db, wanted.form);
  try {
    const options = { ...wanted, ...(progress && { onRows: sayHowFar(complain) }) };
    for await (const piece of exportSubmissions(db, options)) if (piece) await write(piece);
  } catch (error) {
    if (error instanceof AppError) {
      throw new StartRefusal(
        exitCodes.failed,
        `The export broke off and is not complete: ${error.message}`,
        error,
      );
    }
    throw error;
  }
  return exitCodes.done;
};

/** Also of forms that the team has made, and of deleted ones, whose messages are still there. */
async function requireForm(db: Db, form: string): Promise<void> {
  const forms = formsOf({ db });
  await forms.refresh();
  if (forms.slugs().includes(form)) return;
  throw new StartRefusal(
    exitCodes.usage,
    `There is no form "${form}"; the forms are ${forms.slugs().join(", ")}`,
  );
}

/** Oldest first, so the day of the last message tells how much is left; counting all of them would take as long again. */
function sayHowFar(say: (text: string) => Promise<void>) {
  let said = 0;
  return async (rows: number, asFarAs: Date) => {
    if (rows - said < ROWS_PER_WORD) return;
    said = rows;
    await say(`${rows.toLocaleString("en")} messages, as far as ${asFarAs.toISOString().slice(0, 16)}Z\n`);
  };
}
