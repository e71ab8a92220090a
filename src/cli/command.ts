import { type ParseArgsConfig, parseArgs } from "node:util";
import type { ExitName } from "./exit-codes";

/** A file of this folder. `run` answers with the exit code; what it throws is worded and coded by the frame. */
export type Command = { help: Help; run(args: string[]): Promise<number> };

export type Help = {
  /** What stands behind the name: `<form> --format csv|json|ndjson`. */
  usage: string;
  /** One line, for the list of commands. */
  summary: string;
  /** Paragraphs below the usage: options, examples. */
  details?: string;
  /** The exit codes that it uses beside `done` and `usage`. */
  exits: readonly ExitName[];
};

/** The command line is wrong; the message says how, and is for people. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** `parseArgs`, strict, whose complaints are a `UsageError`. */
export function readArguments<const C extends ParseArgsConfig>(args: string[], config: C) {
  try {
    return parseArgs({ ...config, args, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "Cannot read the command line");
  }
}

/** The one way to standard output. */
export const print = (text: string) => void process.stdout.write(`${text}\n`);
