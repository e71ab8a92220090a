import { compiledForms } from "#/modules/forms";
import type { Help } from "./command";
import { readExportArguments } from "./database/write-export";
import { exitCodes } from "./exit-codes";
import { fileOutput, standardOutput } from "./output";
import { readCommandConfig, runDatabaseCommand } from "./run-database-command";

export const help: Help = {
  usage: "<form> --format csv|json|ndjson [options]",
  summary: "Write the messages of a form, oldest first",
  details: [
    `The forms are ${[...compiledForms.keys()].join(", ")}.`,
    "JSON and NDJSON hold everything as it was sent. In CSV (RFC 4180, UTF-8) a cell that a spreadsheet would run as a\nformula begins with an apostrophe.",
    [
      "  -o, --output FILE   a file for its owner alone, which appears when it is complete; default: standard output",
      "  --with-spam         messages that were judged spam as well",
      "  --state STATE       those in one state alone",
      "  --since, --until    from a day or moment on; before one",
      "  --bom               begin CSV with a byte order mark, by which Excel knows UTF-8",
      "  --progress          say on standard error how far it is; at a terminal it does so by itself",
    ].join("\n"),
    "It works while a server runs. An export that breaks off ends with 1 and says so.",
  ].join("\n\n"),
  exits: ["failed", "storage", "locked", "breakingMigration", "configuration"],
};

export async function run(args: string[]): Promise<number> {
  const { file } = readExportArguments(args);
  // Not between the messages themselves, where those go to the terminal too.
  const isWatched = process.stderr.isTTY && (file !== undefined || !process.stdout.isTTY);
  const command = { name: "export" as const, args: isWatched ? [...args, "--progress"] : args };
  if (file === undefined) return runDatabaseCommand(readCommandConfig(), command, standardOutput());

  const { write, keep, drop } = await fileOutput(file);
  let exit: number = exitCodes.failed;
  try {
    exit = await runDatabaseCommand(readCommandConfig(), command, { ...standardOutput(), write });
    return exit;
  } finally {
    await (exit === exitCodes.done ? keep() : drop());
  }
}
