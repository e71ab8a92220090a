import { ConfigError } from "#/kernel/config";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { closest } from "#/kernel/edit-distance";
import { AppError } from "#/kernel/errors";
import { type Command, type Help, print, UsageError } from "./command";
import { type ExitName, exitCodes, exitMeanings } from "./exit-codes";

/** Loaded when it is called for, so that a start reads the code of one command. */
export type Commands = Record<string, () => Promise<Command>>;

/** Runs the command that the arguments name and answers with the exit code. Never throws. */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<number> {
  const [first = "", ...args] = argv;
  const name = first === "--version" ? "version" : first;
  try {
    if (name === "--help" || name === "-h" || name === "help") return await printHelp(args[0], commands);
    const load = findCommand(name, commands);
    if (args.includes("--help") || args.includes("-h")) return await printHelp(name, commands);
    return await (await load()).run(args);
  } catch (error) {
    console.error(describe(error));
    return exitCodeOf(error);
  }
}

function findCommand(name: string, commands: Commands): Commands[string] {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return load;
  const meant = closest(name, Object.keys(commands));
  const said = name === "" ? "No command given" : `There is no command "${name}"`;
  const hint = meant ? `did you mean "${meant}"?` : '"gatehouse --help" lists them';
  throw new UsageError(`${said}; ${hint}`);
}

/** Their messages are written for people and quote no value. */
const worded = [ConfigError, StartRefusal, UsageError, AppError];

/** A bug's message may hold anything, a password as well: its name and its places say enough. */
function describe(error: unknown): string {
  if (worded.some((kind) => error instanceof kind)) return `gatehouse: ${(error as Error).message}`;
  if (!(error instanceof Error)) return "gatehouse: failed with an unknown error";
  const { code } = error as NodeJS.ErrnoException;
  const places = (error.stack ?? "").replace(error.message, "").split("\n");
  return [
    `gatehouse: failed with ${error.name}${code ? ` (${code})` : ""}`,
    ...places.filter((line) => /^\s+at .+:\d+:\d+\)?$/.test(line)),
  ].join("\n");
}

function exitCodeOf(error: unknown): number {
  if (error instanceof StartRefusal) return error.exitCode;
  if (error instanceof ConfigError) return exitCodes.configuration;
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

async function printHelp(name: string | undefined, commands: Commands): Promise<number> {
  if (name !== undefined) {
    const { help } = await findCommand(name, commands)();
    print(commandHelp(name, help));
    return exitCodes.done;
  }
  const rows = await Promise.all(
    Object.entries(commands).map(async ([key, load]) => [key, (await load()).help.summary] as const),
  );
  print(
    [
      "Gatehouse: the backend of a company's site in one executable",
      "",
      "Usage: gatehouse <command> [options]",
      "",
      ...rows.map(([key, summary]) => `  ${key.padEnd(10)} ${summary}`),
      "",
      '"gatehouse <command> --help" explains one of them.',
      "",
      exitTable(Object.keys(exitCodes) as ExitName[]),
    ].join("\n"),
  );
  return exitCodes.done;
}

const commandHelp = (name: string, { usage, summary, details, exits }: Help) =>
  [
    `Usage: gatehouse ${name} ${usage}`.trimEnd(),
    "",
    summary,
    ...(details ? ["", details] : []),
    "",
    exitTable(["done", ...exits, "usage"]),
  ].join("\n");

const exitTable = (names: readonly ExitName[]) =>
  [
    "Exit codes:",
    ...names
      .toSorted((a, b) => exitCodes[a] - exitCodes[b])
      .map((name) => `  ${String(exitCodes[name]).padStart(2)}  ${exitMeanings[name]}`),
  ].join("\n");
