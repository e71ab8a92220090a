import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../support/folder";
import type { PostgresServer } from "../../support/postgres";
import type { Bench, Section } from "../bench";
import { ask, type Place } from "../count-rows";
import { fillDatabase } from "../fill-database";
import { type Intake, medianRate, postContacts, toLine } from "../intake";
import type { Shot } from "../load";
import { migratedDatabase } from "../migrated-database";
import { startService } from "../service";
import type { Line } from "../table";

export const growth: Section = {
  name: "growth",
  needs: ["wrk", "a PostgreSQL server"],
  measure: measureGrowth,
};

/** Rows stored before, for each database. Bringing five millions in takes minutes, so `GROWTH_ROWS` may name fewer. */
const wanted = process.env.GROWTH_ROWS?.split(",").map(Number);
const onPostgres = wanted ?? [1_000, 1_000_000, 5_000_000];
const onEmbedded = wanted ?? [1_000, 1_000_000];
const few = 1_000;
const maxSeconds = 3;

/** A database with so many old messages. `open` gives it as it was filled, or with what the rounds before added. */
type Grown = { what: string; rows: number; open(): Promise<{ databaseUrl?: string; directory?: string }> };

/** The same load on databases of different size, in turns. */
async function measureGrowth({ rounds, postgres, ...bench }: Bench): Promise<Line[]> {
  using folder = temporaryFolder();
  const grown: Grown[] = [];
  for (const rows of onPostgres) grown.push(await growPostgres(postgres(), rows));
  for (const rows of onEmbedded) grown.push(await growEmbedded(join(folder.path, String(rows)), rows));

  const loads = grown.map((): Intake[] => []);
  const shot: Shot = { connections: 500, seconds: Math.min(bench.seconds, maxSeconds), kind: "json" };
  for (let round = 0; round < rounds; round++) {
    for (const [at, { open }] of grown.entries()) {
      loads[at]!.push(await postContacts(shot, await open()));
    }
  }
  return grown.map(({ what, rows }, at): Line => {
    const line = toLine(`contact posts ${what}, ${rows.toLocaleString("en")} stored before`, loads[at]!);
    const small = grown.findIndex((other) => other.what === what);
    if (at === small) return line;
    const ratio = medianRate(loads[at]!) / medianRate(loads[small]!);
    return { ...line, target: `no drop; ${ratio.toFixed(2)} × the first`, reached: ratio >= 0.9 };
  });
}

async function growPostgres(server: PostgresServer, rows: number): Promise<Grown> {
  const url = await migratedDatabase(server);
  const place = { DATABASE_URL: url, DATA_DIR: "" };
  await fillDatabase(place, rows);
  return {
    what: "on PostgreSQL",
    rows,
    async open() {
      if (rows === few) return { databaseUrl: await server.createDatabase(url) };
      await forgetJobs(place);
      return { databaseUrl: url };
    },
  };
}

async function growEmbedded(directory: string, rows: number): Promise<Grown> {
  const place = { DATA_DIR: join(directory, "data") };
  mkdirSync(directory);
  const service = await startService(directory);
  await service.ready();
  await service.stop();
  await fillDatabase(place, rows);
  return {
    what: "embedded",
    rows,
    async open() {
      if (rows > few) {
        await forgetJobs(place);
        return { directory };
      }
      const copy = `${directory}-copy`;
      rmSync(copy, { recursive: true, force: true });
      cpSync(directory, copy, { recursive: true });
      return { directory: copy };
    },
  };
}

/** A service that is stopped in the middle of a load leaves a backlog: the next round would work for the last one. */
const forgetJobs = (place: Place) => ask(place, "truncate gatehouse_jobs.job_common");
