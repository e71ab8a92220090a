import { describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "#/kernel/db";
import { checkFiles } from "../support/check-whole";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { spawnExecutable, startExecutable, untilReady } from "../support/executable";
import { temporaryFolder } from "../support/folder";
import { startPostgres } from "../support/postgres";
import { startSenders } from "../support/senders";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk";
import { countOrphans, tally } from "../support/tally";
import { until } from "../support/until";

const probe = mountSmallDisk(1);
probe?.unmount();

const get = async (url: string, path: string) => {
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(5_000) });
  return { status: answer.status, text: await answer.text() };
};
const read = (url: string) =>
  Promise.all(
    ["/health", "/api/v1/healthz", "/f/contact"].map(async (path) => (await get(url, path)).status),
  );
const readable = [200, 200, 200];

/** What became of the messages, with the figures printed. */
async function judge(env: Record<string, string>, senders: ReturnType<typeof startSenders>, times: string) {
  const settings = { DATABASE_URL: env.DATABASE_URL, DATA_DIR: env.DATA_DIR as string };
  const database = await openDatabase(settings, () => {});
  const found = await tally(database, senders.sent);
  const orphans = await countOrphans(database);
  await database.close();
  console.error(
    `full disk, ${database.kind}: ${found.acknowledged} acknowledged, ${found.missing} missing, ${senders.refused()} told 503;`,
    `${times}; longest answer ${senders.longestMs()} ms`,
  );
  expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0, acknowledged: senders.sent.length });
  expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
  expect({ strange: senders.strange, hung: senders.hung() }).toEqual({ strange: [], hung: 0 });
}

describe.skipIf(!probe).each(kindsUnderTest("embedded"))("a full disk, %s", () => {
  test("refuses before the floor, keeps everything, starts while it is full, and works again once there is room", async () => {
    await using cleanup = new AsyncDisposableStack();
    const disk = mountSmallDisk(80) as SmallDisk;
    cleanup.defer(disk.unmount);
    const env = { DATA_DIR: join(disk.path, "data"), RATE_LIMIT: "off" };
    const first = await startExecutable(env);
    const senders = startSenders(() => first.url, 4);
    const refusals = async () => {
      const before = senders.refused();
      await until(() => senders.refused() > before + 8, 15);
    };
    await until(() => senders.acknowledged().length > 50, 15);

    disk.fill(20);
    const filled = performance.now();
    await refusals();
    const refusedMs = Math.round(performance.now() - filled);
    await until(async () => (await get(first.url, "/api/v1/readyz")).status === 503);
    const named = await get(first.url, "/api/v1/readyz");
    const reads = await read(first.url);
    disk.fill(0);
    await refusals();
    const readsWithoutAnyRoom = await read(first.url);

    const code = await first.kill();
    const second = await spawnExecutable({ ...env, PORT: String(first.port) });
    await until(async () => (await get(second.url, "/health").catch(() => undefined))?.status === 200, 15);
    await refusals();
    const whileFull = await get(second.url, "/api/v1/readyz");

    disk.empty();
    const emptied = performance.now();
    const before = senders.acknowledged().length;
    await until(() => senders.acknowledged().length > before + 50, 15);
    const backMs = Math.round(performance.now() - emptied);
    await untilReady(second);
    await senders.finish();
    expect(await second.kill()).toBe(0);

    await judge(
      env,
      senders,
      `refused ${refusedMs} ms after it was full, 50 stored ${backMs} ms after there was room`,
    );
    expect(named.text).toContain("Not ready: disk");
    expect({ reads, readsWithoutAnyRoom }).toEqual({ reads: readable, readsWithoutAnyRoom: readable });
    expect(code).toBe(0);
    expect(second.output()).toContain("database.ballast_dropped");
    expect(whileFull).toMatchObject({ status: 503, text: expect.stringContaining("disk") });
  }, 90_000);
});

/** Moves the log of an embedded database to a disk of its own, as an operator might. */
function moveLog(dataDir: string, megabytes: number): SmallDisk {
  const log = join(dataDir, "pgdata/pg_wal");
  using aside = temporaryFolder();
  cpSync(log, aside.path, { recursive: true });
  const disk = mountSmallDisk(megabytes, log) as SmallDisk;
  cpSync(aside.path, log, { recursive: true });
  return disk;
}

describe.skipIf(!probe).each(kindsUnderTest("embedded"))(
  "a log without room for its next segment, %s",
  () => {
    test("stops the engine, and another one goes on by itself once there is room; nothing is lost", async () => {
      using place = embeddedPlace();
      await using cleanup = new AsyncDisposableStack();
      const dataDir = place.env.DATA_DIR as string;
      expect(await (await startExecutable(place.env)).kill()).toBe(0);
      const disk = moveLog(dataDir, 100);
      cleanup.defer(disk.unmount);
      const running = await startExecutable(place.env);
      const senders = startSenders(() => running.url, 20);
      await until(() => senders.acknowledged().length > 50, 15);

      disk.fill(0);
      await until(() => running.output().includes("database.engine_stopped"), 60);
      const told = senders.refused();
      await until(() => senders.refused() > told + 20, 15);
      const whileStopped = await Promise.all(
        ["/health", "/f/contact", "/api/v1/readyz"].map(
          async (path) => (await get(running.url, path)).status,
        ),
      );

      disk.empty();
      const emptied = performance.now();
      const before = senders.acknowledged().length;
      await until(() => senders.acknowledged().length > before, 15);
      const firstMs = Math.round(performance.now() - emptied);
      await untilReady(running);
      await until(() => senders.acknowledged().length > before + 50, 15);
      await senders.finish();
      const code = await running.kill();

      await judge(place.env, senders, `the first stored ${firstMs} ms after there was room`);
      const { checked, broken } = await checkFiles(join(dataDir, "pgdata"));
      expect({ whileStopped, code, broken }).toEqual({ whileStopped: [200, 200, 503], code: 0, broken: [] });
      expect(checked).toBeGreaterThan(100);
    }, 120_000);
  },
);

describe.skipIf(!probe).each(kindsUnderTest("postgres"))("a full disk, %s", () => {
  test("hands the server's own refusal on as 503, and works again once there is room", async () => {
    await using cleanup = new AsyncDisposableStack();
    const disk = mountSmallDisk(160) as SmallDisk;
    cleanup.defer(disk.unmount);
    const server = await startPostgres(disk.path);
    if (!server) return;
    cleanup.defer(server.stop);
    const url = await server.createDatabase();
    const env = { DATA_DIR: join(disk.path, "data"), DATABASE_URL: url, RATE_LIMIT: "off" };
    const running = await startExecutable(env);
    const senders = startSenders(() => running.url, 4);
    await until(() => senders.acknowledged().length > 50, 15);

    disk.fill(0);
    const filled = performance.now();
    await until(() => senders.refused() > 8, 30);
    const refusedMs = Math.round(performance.now() - filled);
    const reads = await read(running.url);

    disk.empty();
    const emptied = performance.now();
    const before = senders.acknowledged().length;
    await until(() => senders.acknowledged().length > before + 50, 15);
    const backMs = Math.round(performance.now() - emptied);
    await senders.finish();
    expect(await running.kill()).toBe(0);

    await judge(
      env,
      senders,
      `refused ${refusedMs} ms after it was full, 50 stored ${backMs} ms after there was room`,
    );
    expect(reads).toEqual(readable);
    await server.amcheck(url);
  }, 90_000);
});
