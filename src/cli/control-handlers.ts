import type { ControlHandler } from "#/kernel/control";
import type { Tools } from "#/kernel/kernel";
import { type CommandInput, type DatabaseCommand, perform } from "./database-command";
import { databaseCommands } from "./database-commands";
import type { Output } from "./output";

/** The commands as the server does them for another process. */
export const controlHandlers = (tools: Tools): Record<string, ControlHandler> =>
  Object.fromEntries(
    Object.entries(databaseCommands).map(([name, command]: [string, DatabaseCommand]) => [
      name,
      (input, write) => perform(command, tools, input as CommandInput, tagged(write)),
    ]),
  );

/** Both outputs take one way; the first character tells which it is. */
const tagged = (write: (chunk: string) => Promise<void>): Output => ({
  write: (text) => write(`1${text}`),
  complain: (text) => write(`2${text}`),
});

/** Hands what `tagged` has joined to the two outputs of this process. */
export const untagged =
  ({ write, complain }: Output) =>
  (chunk: string): Promise<void> =>
    (chunk.startsWith("2") ? complain : write)(chunk.slice(1));
