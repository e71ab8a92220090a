import type { Tools } from "#/kernel/kernel";
import { describeError, exitCodeOf } from "./describe-error";
import type { Output } from "./output";

/**
 * The part of a command that needs the open database: within the server when one runs, else in the command's own
 * process. `args` are those of the command line, already found right; `secret` is what no command line may hold, such as
 * a password. Answers the exit code.
 */
export type DatabaseCommand = (
  tools: Tools,
  args: string[],
  output: Output,
  secret?: string,
) => Promise<number>;

/** What travels to the server. */
export type CommandInput = { args: string[]; secret?: string | undefined };

/** What it throws is worded on standard error, wherever it runs. */
export async function perform(
  command: DatabaseCommand,
  tools: Tools,
  { args, secret }: CommandInput,
  output: Output,
): Promise<number> {
  try {
    return await command(tools, args, output, secret);
  } catch (error) {
    await output.complain(`${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}
