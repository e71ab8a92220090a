import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbedded } from "#/kernel/db/embedded";
import { openFiles } from "../../support/process-figures";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk";
import { until } from "../../support/until";

const probe = mountSmallDisk(1);
probe?.unmount();

/** 100 KB of log and not a page of a table. */
const grow = "select pg_logical_emit_message(true, 'test', repeat('x', 100000))";
const refusal = { name: "AppError", status: 503, code: "unavailable" };

test("PGlite's loop is the one that is changed: a call that is missing, or a new one, is a reason to look again", () => {
  const text = readFileSync(require.resolve("@electric-sql/pglite"), "utf8");
  const chunks = [...text.matchAll(/chunk-\w+\.js/g)].map(([name]) =>
    readFileSync(join(require.resolve("@electric-sql/pglite"), "..", name), "utf8"),
  );
  const loop = /for\(;[^;]+;\)\{let (\w);try\{[^}]+_PostgresMainLoopOnce\(\)\}catch\(.+?(?=return)/s;

  const found = [text, ...chunks].map((chunk) => loop.exec(chunk)?.[0]).find(Boolean) ?? "";

  expect(new Set(found.match(/_(?:P|p)\w+(?=\()/g))).toEqual(
    new Set([
      "_pq_buffer_remaining_data",
      "_PostgresMainLoopOnce",
      "_PostgresMainLongJmp",
      "_PostgresSendReadyForQueryIfNecessary",
      "_pgl_pq_flush",
    ]),
  );
});

describe.skipIf(!probe)("a log that cannot have its next segment", () => {
  test("refuses with 503, and another engine goes on once there is room, as often as it happens", async () => {
    await using cleanup = new AsyncDisposableStack();
    const disk = mountSmallDisk(200) as SmallDisk;
    cleanup.defer(disk.unmount);
    const events: string[] = [];
    const database = await openEmbedded(join(disk.path, "data"), (_level, event) => void events.push(event));
    cleanup.defer(database.close);
    await database.executeSql("create table kept (n int)");
    const files = openFiles(process.pid);
    const rounds = [1, 2, 3];

    for (const round of rounds) {
      await database.executeSql("insert into kept values ($1)", [round]);
      disk.fill(0);
      let failed: unknown;
      while (!failed) await database.executeSql(grow).catch((error) => (failed = error));
      const later = await Promise.allSettled([
        database.executeSql("select 1"),
        database.db.transaction(async () => {}),
      ]);
      expect(failed).toMatchObject(refusal);
      expect(later).toMatchObject([{ reason: refusal }, { reason: refusal }]);
      expect(await database.check()).toMatchObject({ ok: false });

      disk.empty();
      await until(async () => (await database.check()).ok, 10);
      await database.executeSql("checkpoint");
    }

    const { rows } = await database.executeSql("select n from kept order by n");
    expect(rows).toEqual(rounds.map((n) => ({ n })));
    expect(events.filter((event) => event.startsWith("database.engine"))).toEqual(
      rounds.flatMap(() => ["database.engine_stopped", "database.engine_replaced"]),
    );
    expect(openFiles(process.pid)).toBeLessThan(files + 30);
  }, 60_000);

  test("can be closed while it waits for room", async () => {
    await using cleanup = new AsyncDisposableStack();
    const disk = mountSmallDisk(80) as SmallDisk;
    cleanup.defer(disk.unmount);
    const files = openFiles(process.pid);
    const database = await openEmbedded(join(disk.path, "data"), () => {});
    await database.executeSql("create table kept ()");
    disk.fill(0);
    let failed: unknown;
    while (!failed) await database.executeSql(grow).catch((error) => (failed = error));

    await database.close();

    expect(openFiles(process.pid)).toBeLessThanOrEqual(files);
    disk.empty();
    const again = await openEmbedded(join(disk.path, "data"), () => {});
    expect((await again.executeSql("select count(*)::int as n from kept")).rows).toEqual([{ n: 0 }]);
    await again.close();
  }, 60_000);
});
