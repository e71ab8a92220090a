import { join } from "node:path";

const root = join(import.meta.dir, "../..");

/** Runs the command line from its source, in a given environment alone. Ends it after `deadlineMs`. */
export async function runGatehouse(
  args: readonly string[],
  { env = {}, cwd = root, script = "src/main.ts", stdin, deadlineMs = 10_000 }: Options = {},
) {
  const child = Bun.spawn([process.execPath, join(root, script), ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: deadlineMs,
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

type Options = {
  env?: Record<string, string>;
  cwd?: string;
  /** Another entry than the executable's own, relative to the repository. */
  script?: string;
  /** Default: nothing. */
  stdin?: string;
  deadlineMs?: number;
};
