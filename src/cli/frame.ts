import { closest } from "#/kernel/edit-distance";
import { type Command, type Help, print, UsageError } from "./command";
import { describeError, exitCodeOf } from "./describe-error";
import { type ExitName, exitCodes, exitMeanings } from "./exit-codes";

/** Loaded when it is called for, so that a start reads the code of one command. */
export type Commands = Record<string, () => Promise<Command>>;

/** Runs the command that the arguments name and answers with the exit code. Never throws. */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<number> {
  const [first = "", ...args] = argv;
  const name = first === "--version" ? "version" : first;
  // A reader that went away (`| head`) is no bug; who has to know writes by `output.ts`.
  if (process.stdout.listenerCount("error") === 0) process.stdout.on("error", () => {});
  try {
    if (name === "--help" || name === "-h" || name === "help") return await printHelp(args[0], commands);
    const load = findCommand(name, commands);
    if (args.includes("--help") || args.includes("-h")) return await printHelp(name, commands);
    return await (await load()).run(args);
  } catch (error) {
    console.error(describeError(error));
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
