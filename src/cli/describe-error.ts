import { ConfigError } from "#/kernel/config";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { AppError } from "#/kernel/errors";
import { UsageError } from "./command";
import { exitCodes } from "./exit-codes";

/** Their messages are written for people and quote no value. */
const worded = [ConfigError, StartRefusal, UsageError, AppError];

/**
 * What standard error says of an error. A bug's message may hold anything, a password as well: its name and its
 * places say enough.
 */
export function describeError(error: unknown): string {
  if (error instanceof AppError && error.errors)
    return ["gatehouse:", error.errors.map(({ field, detail }) => `${field}: ${detail}`).join("; ")].join(
      " ",
    );
  if (worded.some((kind) => error instanceof kind)) return `gatehouse: ${(error as Error).message}`;
  if (!(error instanceof Error)) return "gatehouse: failed with an unknown error";
  const { code } = error as NodeJS.ErrnoException;
  const places = (error.stack ?? "").replace(error.message, "").split("\n");
  return [
    `gatehouse: failed with ${error.name}${code ? ` (${code})` : ""}`,
    ...places.filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line)),
  ].join("\n");
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof StartRefusal) return error.exitCode;
  if (error instanceof ConfigError) return exitCodes.configuration;
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
