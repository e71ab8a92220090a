import { StartRefusal } from "#/kernel/db/start-refusal";
import { AppError } from "#/kernel/errors";
import { compiledForms, type ExportFormat, exportFormats, exportSubmissions } from "#/modules/forms";
import { readArguments, UsageError } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";
import { requireSchema } from "./require-schema";

/** `<form> --format csv|json|ndjson [--with-spam] [--output FILE]`. Refuses unknown forms and formats by name. */
export function readExportArguments(args: string[]) {
  const { values, positionals } = readArguments(args, {
    allowPositionals: true,
    options: {
      format: { type: "string" },
      output: { type: "string", short: "o" },
      "with-spam": { type: "boolean" },
    },
  });
  const [form, ...more] = positionals;
  if (form === undefined || more.length > 0) throw new UsageError(`Name one form: ${formNames()}`);
  if (!compiledForms.has(form))
    throw new UsageError(`There is no form "${form}"; the forms are ${formNames()}`);
  const format = values.format ?? "";
  if (!isFormat(format)) throw new UsageError(`--format must be one of ${exportFormats.join(", ")}`);
  return { form, format, withSpam: values["with-spam"] ?? false, file: values.output };
}

const formNames = () => [...compiledForms.keys()].join(", ");
const isFormat = (text: string): text is ExportFormat => exportFormats.some((format) => format === text);

export const writeExport: DatabaseCommand = async ({ database, db }, args, { write }) => {
  await requireSchema(database);
  try {
    for await (const piece of exportSubmissions(db, readExportArguments(args))) if (piece) await write(piece);
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
