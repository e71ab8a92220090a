import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "#/kernel/db";
import { executablePath } from "../../support/executable";
import { temporaryFolder } from "../../support/folder";
import { bearer, createPerson, signIn } from "../../support/people";
import { forgetPeak, peakMegabytes } from "../../support/process-figures";
import type { Section } from "../bench";
import type { Place } from "../count-rows";
import { fillDatabase } from "../fill-database";
import { migratedDatabase } from "../migrated-database";
import { startService } from "../service";
import type { Line } from "../table";

export const exports: Section = {
  name: "export",
  needs: ["a PostgreSQL server"],
  async measure({ postgres }) {
    const database = await migratedDatabase(postgres());
    return [...(await measureOn("embedded")), ...(await measureOn("PostgreSQL", database))];
  },
};

/** `EXPORT_ROWS=1000000` is what the design asks about; it takes minutes. */
const rows = Number(process.env.EXPORT_ROWS ?? 200_000);
const mostGrowth = 50;

type Measured = { seconds: number; lines: number; bytes: number; grown: number };

/** One export by the API and one by the command, each as CSV. */
async function measureOn(what: string, databaseUrl?: string): Promise<Line[]> {
  using folder = temporaryFolder();
  const place = { DATA_DIR: join(folder.path, "data"), ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
  if (!databaseUrl) {
    const first = await startService(folder.path);
    await first.ready();
    await first.stop();
  }
  mkdirSync(place.DATA_DIR, { recursive: true });
  await fillDatabase(place, rows);
  const editor = await addEditor(place);

  const service = await startService(folder.path, databaseUrl);
  await service.ready();
  const tokens = await signIn(
    {
      post: (path, body) =>
        fetch(service.url + path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
    },
    editor,
  );
  const byApi = (query: string) =>
    measure(service.pid, async () => {
      const answer = await fetch(`${service.url}/api/v1/admin/submissions/export?form=contact${query}`, {
        headers: bearer(tokens),
      });
      if (!answer.ok || !answer.body) throw new Error(`The export answers ${answer.status}`);
      return answer.body;
    });
  // The first twentieth, for what every export takes once.
  const early = new Date(Date.now() - 347 * 86_400_000).toISOString();
  await byApi(`&until=${early}`);
  const api = await byApi("");
  const child = { peak: 0 };
  const command = await measure(service.pid, async () => exportByCommand(folder.path, place, child));
  await service.stop();
  return [
    toLine(`export by API, ${what}`, api, `the service +${Math.round(api.grown)} MB at its peak`, api.grown),
    toLine(
      `export by the command, ${what}`,
      command,
      `the service +${Math.round(command.grown)} MB, the command ${Math.round(child.peak)} MB at their peaks`,
      command.grown,
    ),
  ];
}

async function addEditor(place: Place) {
  const database = await openDatabase({ DATABASE_URL: undefined, ...place }, () => {});
  try {
    return await createPerson({ kernel: { db: database.db } }, { role: "editor" });
  } finally {
    await database.close();
  }
}

async function measure(pid: number, open: () => Promise<ReadableStream<Uint8Array>>): Promise<Measured> {
  forgetPeak(pid);
  const before = peakMegabytes(pid);
  const began = performance.now();
  let [lines, bytes] = [0, 0];
  for await (const chunk of await open()) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  }
  const seconds = (performance.now() - began) / 1000;
  return { seconds, lines, bytes, grown: peakMegabytes(pid) - before };
}

/** Its output, and while that lasts the peak of its memory. */
async function exportByCommand(directory: string, env: Record<string, string>, child: { peak: number }) {
  const { stdout, pid } = Bun.spawn([await executablePath(), "export", "contact", "--format", "csv"], {
    cwd: directory,
    env,
    stdout: "pipe",
    stderr: "inherit",
  });
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      // The last of its output may come after its end.
      child.peak = Math.max(child.peak, peakMegabytes(pid) || 0);
      controller.enqueue(chunk);
    },
  });
  return stdout.pipeThrough(watched);
}

function toLine(what: string, { seconds, lines, bytes }: Measured, memory: string, grown: number): Line {
  // One line is the head.
  if (lines !== rows + 1) throw new Error(`${what}: ${lines - 1} messages instead of ${rows}`);
  return {
    what: `${what}, ${rows.toLocaleString("en")} messages`,
    measured: `${Math.round(rows / seconds).toLocaleString("en")} rows/s`,
    detail: `${Math.round(bytes / 2 ** 20)} MB in ${seconds.toFixed(1)} s; ${memory}`,
    target: `memory + ≤ ${mostGrowth} MB`,
    reached: grown <= mostGrowth,
  };
}
