import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guards, type Mutation } from "./guards";

/**
 * Turns one guard off at a time, in a copy of the sources, builds it and runs the fuzzer: each run must fail.
 * `bun run fuzz:mutations [name …]`. Exit code 1 when a guard can go without being missed.
 */
const root = join(import.meta.dir, "../../..");
const wanted = process.argv.slice(2);
const missed: string[] = [];
for (const mutation of guards) {
  if (wanted.length > 0 && !wanted.includes(mutation.guard)) continue;
  const faults = await runWithout(mutation);
  if (faults.length === 0) missed.push(mutation.guard);
  console.error(
    `${mutation.guard}: ${faults.length === 0 ? "NOT MISSED" : `${faults.length} tests fail, such as "${faults[0]}"`}`,
  );
}
process.exitCode = missed.length > 0 ? 1 : 0;

/** The names of the tests that fail. */
async function runWithout({ guard, file, from, to }: Mutation): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-mutation-"));
  try {
    const copy = join(folder, "copy");
    mkdirSync(copy);
    for (const name of [
      "src",
      "test",
      "drizzle",
      ".github",
      "package.json",
      "bun.lock",
      "tsconfig.json",
      "bunfig.toml",
    ])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    if (existsSync(join(root, "../shared"))) symlinkSync(join(root, "../shared"), join(folder, "shared"));
    const text = readFileSync(join(copy, file), "utf8");
    if (!text.includes(from)) throw new Error(`Cannot turn "${guard}" off: ${file} has changed`);
    writeFileSync(join(copy, file), text.replace(from, to));

    const build = Bun.spawnSync([process.execPath, ".github/build.ts"], { cwd: copy });
    if (!build.success) throw new Error(`Cannot build without "${guard}": ${build.stderr}`);
    const run = Bun.spawnSync([process.execPath, "test", "test/contract/fuzz.test.ts"], { cwd: copy });
    const output = run.stderr.toString();
    if (!output.includes("(pass) whatever")) throw new Error(`Cannot fuzz without "${guard}": ${output}`);
    const failed = output.matchAll(/^\(fail\) whatever is sent > (.*?)(?: \[[\d.]+ms\])?$/gm);
    return [...new Set([...failed].map(([, name = ""]) => name))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
