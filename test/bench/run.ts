import { rmSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { executablePath } from "../support/executable";
import { temporaryFolder } from "../support/folder";
import { type PostgresServer, startPostgres } from "../support/postgres";
import { type Intake, medianRate, postContacts, postContactsOn, toLine } from "./intake";
import { type Load, latencyOf, load, perSecond, type Shot } from "./load";
import { measureOverload } from "./overload";
import { pgbench } from "./pgbench";
import { startService } from "./service";
import { type Line, median, spread, toMarkdown } from "./table";

/** Everything is measured here, side by side, because figures of two machines or two days say nothing together. */
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const only = process.env.BENCH_ONLY?.split(",");
const starts = 5;
const idleSeconds = 5;
const outfile = "dist/bench.md";

const lines: Line[] = [];
const leftOut: string[] = [];

const missing = ["wrk", "pgbench"].filter((program) => !Bun.which(program));
const server = await startPostgres();
if (!server) missing.push("a PostgreSQL server");

/** A section runs when what it needs is here and nobody asked for others alone. */
async function section(name: string, needs: readonly string[], measure: () => Promise<void>): Promise<void> {
  if (only && !only.includes(name)) return;
  const absent = needs.filter((need) => missing.includes(need));
  if (absent.length > 0) {
    leftOut.push(`${name}: ${absent.join(", ")} not installed`);
    return;
  }
  console.error(`measuring ${name}`);
  await measure();
}

try {
  await executablePath();
  await section("postgres", ["wrk", "pgbench", "a PostgreSQL server"], () => measurePostgres(server!));
  await section("embedded", ["wrk"], measureEmbedded);
  await section("overload", ["a PostgreSQL server"], async () => {
    lines.push(...(await measureOverload(server!, { rounds, seconds })));
    lines.push(...(await measureOverload(undefined, { rounds, seconds })));
  });
  await section("health", ["wrk"], measureHealth);
  await section("starts", ["a PostgreSQL server"], () => measureStarts(server!));
  await section("size", [], measureSize);
} finally {
  await server?.stop();
}

const report = [
  `Measured ${new Date().toISOString().slice(0, 10)} in one run: ${cpus().length} × ${cpus()[0]?.model.trim()}, Bun ${Bun.version}; load, service and database share the machine.`,
  `${rounds} rounds of ${seconds} s: median (lowest to highest). After each round: every acknowledged message in the table, none without its job.`,
  "",
  toMarkdown(lines),
  ...leftOut.map((reason) => `\nLeft out: ${reason}.`),
].join("\n");
await mkdir("dist", { recursive: true });
await Bun.write(outfile, `${report}\n`);
process.stdout.write(`${report}\n`);

/** Ours and pgbench take turns, each time on a fresh copy of one migrated database. */
async function measurePostgres(postgres: PostgresServer): Promise<void> {
  const template = await migratedDatabase(postgres);
  const clients = await bestClients(postgres, template);
  const shots: [what: string, shot: Shot][] = [
    ["JSON, 64 connections", { connections: 64, seconds, kind: "json" }],
    ["urlencoded, 64 connections", { connections: 64, seconds, kind: "urlencoded" }],
    ["JSON, 500 connections", { connections: 500, seconds, kind: "json" }],
  ];
  const loads = shots.map((): Intake[] => []);
  const commits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    commits.push(await pgbench(await postgres.createDatabase(template), clients, seconds));
    for (const [at, [, shot]] of shots.entries()) {
      loads[at]!.push(await postContactsOn(postgres, template, shot));
    }
  }
  const commit = median(commits);
  lines.push({ what: `pgbench, two inserts a commit, ${clients} clients`, measured: `${spread(commits)}/s` });
  for (const [at, [what]] of shots.entries()) {
    const ratio = medianRate(loads[at]!) / commit;
    lines.push({
      ...toLine(`contact posts on PostgreSQL, ${what}`, loads[at]!),
      target: `≥ 2 × pgbench; ${ratio.toFixed(2)} ×`,
      reached: ratio >= 2,
    });
  }
}

/** A database that the executable itself has prepared. */
async function migratedDatabase(postgres: PostgresServer): Promise<string> {
  using folder = temporaryFolder();
  const url = await postgres.createDatabase();
  const service = await startService(folder.path, url);
  await service.ready();
  await service.stop();
  return url;
}

/** pgbench at its best: the number of clients that commits most in a second or two. */
async function bestClients(postgres: PostgresServer, template: string): Promise<number> {
  let best = { clients: 0, rate: 0 };
  for (const clients of [16, 32, 64, 90]) {
    const rate = await pgbench(await postgres.createDatabase(template), clients, 2);
    if (rate > best.rate) best = { clients, rate };
  }
  return best.clients;
}

async function measureEmbedded(): Promise<void> {
  const loads: Intake[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(await postContacts({ connections: 500, seconds, kind: "json" }));
  }
  const p99 = median(loads.map((one) => one.p99));
  lines.push({
    ...toLine("contact posts embedded, JSON, 500 connections", loads),
    target: "≥ 15,000/s, p99 < 150 ms",
    reached: medianRate(loads) >= 15_000 && p99 < 150,
  });
}

async function measureHealth(): Promise<void> {
  using folder = temporaryFolder();
  const service = await startService(folder.path);
  const loads: Load[] = [];
  for (let round = 0; round < rounds; round++) {
    loads.push(await load(`${service.url}/health`, { connections: 64, seconds: Math.min(seconds, 3) }));
  }
  await service.stop();
  lines.push({
    what: "`GET /health`, 64 connections",
    measured: `${spread(loads.map(perSecond))}/s`,
    detail: latencyOf(loads),
  });
}

async function measureStarts(postgres: PostgresServer): Promise<void> {
  const url = await migratedDatabase(postgres);
  const first = await measureStart("embedded, first boot", { fresh: true, limit: 1000 });
  const embedded = await measureStart("embedded", { limit: 600, megabytes: 300 });
  const onPostgres = await measureStart("PostgreSQL", { url, limit: 150, megabytes: 100 });
  lines.push(...onPostgres, ...embedded, ...first);
}

type Start = { url?: string; fresh?: boolean; limit: number; megabytes?: number };

/** Start to first answer of `/health`, and beside it to the first message stored; then what it holds when nobody asks. */
async function measureStart(what: string, { url, fresh, limit, megabytes }: Start): Promise<Line[]> {
  const answers: number[] = [];
  const stores: number[] = [];
  let resident: number | undefined;
  using folder = temporaryFolder();
  for (let run = 0; run <= starts; run++) {
    if (fresh) rmSync(join(folder.path, "data"), { recursive: true, force: true });
    const service = await startService(folder.path, url);
    const storedMs = await service.firstStored();
    // The first one makes the data directory and reads the executable from the disk.
    if (run > 0) {
      answers.push(service.firstAnswerMs);
      stores.push(storedMs);
    }
    if (run === starts && megabytes !== undefined) {
      await Bun.sleep(idleSeconds * 1000);
      resident = service.residentMegabytes();
    }
    await service.stop();
  }

  const start: Line = {
    what: `start to first answer, ${what}`,
    measured: `${spread(answers)} ms`,
    detail: `first message stored after ${spread(stores)} ms`,
    target: `≤ ${limit} ms`,
    reached: median(answers) <= limit,
  };
  if (resident === undefined || megabytes === undefined) return [start];
  const memory: Line = {
    what: `resident memory, idle for ${idleSeconds} s, ${what}`,
    measured: `${Math.round(resident)} MB`,
    target: `≤ ${megabytes} MB`,
    reached: resident <= megabytes,
  };
  return [start, memory];
}

async function measureSize(): Promise<void> {
  const { size } = statSync(await executablePath());
  lines.push({ what: "size of the executable", measured: `${Math.round(size / 2 ** 20)} MB` });
}
