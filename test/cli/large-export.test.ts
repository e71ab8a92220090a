import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "#/kernel/db";
import { openEmbedded } from "#/kernel/db/embedded";
import { temporaryFolder } from "../support/folder";
import { startServe } from "../support/serve";
import { until } from "../support/until";

const rows = 110_000;
const entry = join(import.meta.dir, "../../src/main.ts");
const folder = temporaryFolder();
const env = { DATA_DIR: join(folder.path, "data") };

/** About 70 MB as NDJSON. */
beforeAll(async () => {
  const database = await openEmbedded(env.DATA_DIR, () => {});
  await migrate(database, () => {});
  await database.executeSql(
    `insert into gatehouse.submissions (id, form, door, fields, language, content_hash, state)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'contact', '/f/contact',
       jsonb_build_object('name', n::text, 'email', 'a@example.com', 'message', repeat('0123456789', 40)),
       'en', '\\x00', 'inbox'
     from generate_series(1, ${rows}) n`,
  );
  await database.close();
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

const startExport = (...options: string[]) =>
  Bun.spawn([process.execPath, entry, "export", "contact", "--format", "ndjson", ...options], {
    env: { PATH: process.env.PATH, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });

/** Peak of resident memory in MB (proc(5), VmHWM), since the last `forgetPeak`. */
const peakOf = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

test("a large export passes the socket whole, says how far it is, and neither side holds it", async () => {
  await using server = await startServe(env);
  forgetPeak(server.pid);
  const before = peakOf(server.pid);

  const child = startExport("--progress");
  let [lines, bytes, client] = [0, 0, 0];
  for await (const chunk of child.stdout) {
    bytes += chunk.length;
    // As long as there is output the process is there. Its `maxRSS` would begin with that of this process.
    client = Math.max(client, peakOf(child.pid));
    for (const byte of chunk) if (byte === 10) lines++;
  }

  const said = [50_000, 100_000].map(
    (count) => `${count.toLocaleString("en")} messages, as far as 2024-06-10T02:35Z\n`,
  );
  expect([await child.exited, await new Response(child.stderr).text(), lines]).toEqual([
    0,
    said.join(""),
    rows,
  ]);
  const grown = peakOf(server.pid) - before;
  console.error(
    `${Math.round(bytes / 2 ** 20)} MB: server +${Math.round(grown)}, client ${Math.round(client)} MB`,
  );
  expect(bytes).toBeGreaterThan(65 * 2 ** 20);
  // Left to itself the garbage of the server grew by 265 MB.
  expect(grown).toBeLessThan(160);
  expect(client).toBeLessThan(180);
}, 60_000);

test("visitors are answered while somebody does not read an export", async () => {
  await using server = await startServe(env);
  const child = startExport();
  const reader = child.stdout.getReader();
  await reader.read();

  const answer = await fetch(`${server.url}/api/v1/readyz`);

  expect(answer.status).toBe(200);
  reader.releaseLock();
  child.kill("SIGKILL");
  await child.exited;
}, 30_000);

test("an export whose server dies ends with 1 and says so, and leaves no file", async () => {
  await using server = await startServe(env);
  const file = join(folder.path, "out.ndjson");
  const child = Bun.spawn([process.execPath, entry, "export", "contact", "--format", "ndjson", "-o", file], {
    env: { PATH: process.env.PATH, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  await until(async () => (await Bun.file(`${file}.part`).exists()) && Bun.file(`${file}.part`).size > 0, 20);

  await server.kill("SIGKILL");

  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([
    1,
    "gatehouse: The running server went away before the end of export\n",
  ]);
  expect(await Bun.file(file).exists()).toBe(false);
  expect(await Bun.file(`${file}.part`).exists()).toBe(false);
}, 30_000);
