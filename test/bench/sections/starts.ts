import { rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../support/folder";
import type { Bench, Section } from "../bench";
import { migratedDatabase } from "../migrated-database";
import { startService } from "../service";
import { type Line, median, spread } from "../table";

export const starts: Section = { name: "starts", needs: ["a PostgreSQL server"], measure: measureStarts };

const runs = 5;
const idleSeconds = 5;

async function measureStarts({ postgres }: Bench): Promise<Line[]> {
  const url = await migratedDatabase(postgres());
  const first = await measureStart("embedded, first boot", { fresh: true, limit: 1000 });
  const embedded = await measureStart("embedded", { limit: 600, megabytes: 300 });
  const onPostgres = await measureStart("PostgreSQL", { url, limit: 150, megabytes: 100 });
  return [...onPostgres, ...embedded, ...first];
}

type Start = { url?: string; fresh?: boolean; limit: number; megabytes?: number };

/** Start to first answer of `/health`, and beside it to the first message stored; then what it holds when nobody asks. */
async function measureStart(what: string, { url, fresh, limit, megabytes }: Start): Promise<Line[]> {
  const answers: number[] = [];
  const stores: number[] = [];
  let resident: number | undefined;
  using folder = temporaryFolder();
  for (let run = 0; run <= runs; run++) {
    if (fresh) rmSync(join(folder.path, "data"), { recursive: true, force: true });
    const service = await startService(folder.path, url);
    const storedMs = await service.firstStored();
    // The first one makes the data directory and reads the executable from the disk.
    if (run > 0) {
      answers.push(service.firstAnswerMs);
      stores.push(storedMs);
    }
    if (run === runs && megabytes !== undefined) {
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
