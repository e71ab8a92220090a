import { availableParallelism } from "node:os";

/**
 * Runs the tests. Those that measure time, or want the whole machine, come after the others and by themselves; the
 * others run side by side. Arguments are handed on, as to `bun test`: then it is one run of what they name.
 */
const alone = [
  "test/faults",
  "test/smoke",
  "test/contract/fuzz.test.ts",
  "test/accounts/enumeration-by-time.test.ts",
];
const workers = Math.max(2, availableParallelism());

const asked = process.argv.slice(2);
const runs =
  asked.length > 0
    ? [asked]
    : [[`--parallel=${workers}`, ...alone.map((path) => `--path-ignore-patterns=${toPattern(path)}`)], alone];

let failed = 0;
for (const run of runs) {
  const command = [process.execPath, "test", "--timeout", "30000", ...run];
  const code = await Bun.spawn(command, { stdio: ["inherit", "inherit", "inherit"] }).exited;
  failed = Math.max(failed, code);
}
process.exit(failed);

function toPattern(path: string): string {
  return path.endsWith(".ts") ? path : `${path}/**`;
}
