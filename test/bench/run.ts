import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { executablePath } from "../support/executable";
import { startPostgres } from "../support/postgres";
import type { Bench, Need, Section } from "./bench";
import { delivery } from "./sections/delivery";
import { embedded } from "./sections/embedded";
import { exports } from "./sections/export";
import { growth } from "./sections/growth";
import { health } from "./sections/health";
import { overload } from "./sections/overload";
import { peers } from "./sections/peers";
import { postgres } from "./sections/postgres";
import { signIns } from "./sections/sign-ins";
import { size } from "./sections/size";
import { soak } from "./sections/soak";
import { starts } from "./sections/starts";
import { type Line, toMarkdown } from "./table";

/** Everything is measured here, side by side, because figures of two machines or two days say nothing together. */
const sections: readonly Section[] = [
  postgres,
  peers,
  embedded,
  delivery,
  overload,
  health,
  growth,
  exports,
  starts,
  size,
  signIns,
  soak,
];

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const only = process.env.BENCH_ONLY?.split(",");
const unknown = only?.filter((name) => !sections.some((section) => section.name === name));
if (unknown?.length) throw new Error(`BENCH_ONLY: no section ${unknown.join(", ")}`);

const lines: Line[] = [];
const notes: string[] = [];

const server = await startPostgres();
const missing = (["wrk", "pgbench"] as Need[]).filter((program) => !Bun.which(program));
if (!server) missing.push("a PostgreSQL server");

const bench: Bench = {
  rounds,
  seconds,
  postgres() {
    if (!server) throw new Error("No PostgreSQL server is installed");
    return server;
  },
  leaveOut: (reason) => notes.push(`Left out: ${reason}.`),
};

try {
  await executablePath();
  for (const section of sections) {
    if (only ? !only.includes(section.name) : section.onRequest) continue;
    await measure(section);
  }
} finally {
  await server?.stop();
}

const report = [
  `Measured ${new Date().toISOString().slice(0, 10)} in one run: ${cpus().length} × ${cpus()[0]?.model.trim()}, Bun ${Bun.version}; load, service and database share the machine.`,
  `${rounds} rounds of ${seconds} s: median (lowest to highest). After each round: every acknowledged message in the table, none without its job.`,
  "",
  toMarkdown(lines),
  ...notes.map((note) => `\n${note}`),
].join("\n");
await mkdir("dist", { recursive: true });
await Bun.write(`dist/${only ? `bench-${only.join("-")}` : "bench"}.md`, `${report}\n`);
process.stdout.write(`${report}\n`);

/** One that fails costs its own lines and the exit code, not the minutes of the others. */
async function measure({ name, needs, measure: run }: Section): Promise<void> {
  const absent = needs.filter((need) => missing.includes(need));
  if (absent.length > 0) return bench.leaveOut(`${name}: ${absent.join(", ")} not installed`);
  const began = performance.now();
  try {
    lines.push(...(await run(bench)));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    notes.push(`**Failed**: ${name}: ${(error as Error).message}`);
  }
  console.error(`measured ${name} in ${Math.round((performance.now() - began) / 1000)} s`);
}
