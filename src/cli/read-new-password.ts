import { StartRefusal } from "#/kernel/db/start-refusal";
import { UsageError } from "./command";
import { exitCodes } from "./exit-codes";

/**
 * A password that somebody chooses: asked for twice on the terminal, without echo, or the whole of standard input but
 * the line break at its end. Never an argument: every user of the machine reads those.
 */
export async function readNewPassword({
  fromStandardInput,
}: {
  fromStandardInput: boolean;
}): Promise<string> {
  if (fromStandardInput) {
    const password = (await Bun.stdin.text()).replace(/\r?\n$/, "");
    if (password === "") throw new UsageError("Standard input holds no password");
    return password;
  }
  if (!process.stdin.isTTY)
    throw new UsageError("There is no terminal to ask for the password on; --password-stdin reads it");
  const [password = "", again] = await askHidden(["Password: ", "Once more: "]);
  if (password === "") throw new UsageError("No password was typed");
  if (password !== again) throw new UsageError("The two passwords differ");
  return password;
}

/** Asks on standard error, so that standard output holds the result alone. */
async function askHidden(prompts: readonly string[]): Promise<string[]> {
  const { stdin, stderr } = process;
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const lines: string[] = [];
  let typed = "";
  const ask = () => stderr.write(prompts[lines.length] ?? "");
  const take = (character: string) => {
    if (lines.length === prompts.length) return;
    if (character === "\u0003") reject(new StartRefusal(exitCodes.failed, "Given up"));
    else if (character === "\r" || character === "\n" || character === "\u0004") {
      lines.push(typed);
      typed = "";
      stderr.write("\n");
      ask();
      if (lines.length === prompts.length) resolve(lines);
    } else if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
    else if (character >= " ") typed += character;
  };
  const listen = (chunk: string) => {
    // One break, whichever way the terminal writes it.
    for (const character of chunk.replaceAll("\r\n", "\r")) take(character);
  };

  stdin.setEncoding("utf8");
  stdin.setRawMode(true);
  stdin
    .on("data", listen)
    .on("end", () => reject(new StartRefusal(exitCodes.failed, "The terminal is gone")));
  ask();
  try {
    return await promise;
  } finally {
    stdin.off("data", listen);
    stdin.setRawMode(false);
    stdin.pause();
  }
}
