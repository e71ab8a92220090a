import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { migrate, migrationStatus } from "#/kernel/db";
import { migrations } from "#/kernel/db/migrations";
import { embeddedPlace, kindsUnderTest, openPlaces } from "../support/databases";
import { spawnExecutable, startExecutable } from "../support/executable";
import { until } from "../support/until";

const places = await openPlaces();
afterAll(places.close);

const child = join(import.meta.dir, "../kernel/db/migrate-child.ts");
const bytesBelow = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
    .reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);

describe.each(kindsUnderTest("embedded"))("a migration that is killed half way, %s", () => {
  // On PostgreSQL: test/kernel/db/migrate.test.ts.
  test("leaves nothing of itself and all of those before it, and the next start goes on", async () => {
    using place = embeddedPlace();
    expect(await (await startExecutable(place.env)).kill()).toBe(0);
    const dataDir = place.env.DATA_DIR as string;
    const tables = join(dataDir, "pgdata/base");
    const before = bytesBelow(tables);
    const fill =
      "create table gatehouse.slow as select repeat(md5(n::text), 30) as text from generate_series(1, 20000) n";
    const migrating = Bun.spawn([process.execPath, child, dataDir, `${fill}; select pg_sleep(60)`], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    await until(() => bytesBelow(tables) > before + 10 * 2 ** 20, 20);
    migrating.kill("SIGKILL");
    await migrating.exited;

    const known = [...migrations, { name: "9000_slow", text: fill }];
    const found = await place.inspect(async (database) => ({
      half: (await database.executeSql("select to_regclass('gatehouse.slow') as slow")).rows,
      pending: (await migrationStatus(database, known)).pending,
      applied: await migrate(database, () => {}, known),
      rows: (await database.executeSql("select count(*)::int as n from gatehouse.slow")).rows,
    }));

    expect(found).toEqual({
      half: [{ slow: null }],
      pending: ["9000_slow"],
      applied: ["9000_slow"],
      rows: [{ n: 20_000 }],
    });
  }, 60_000);
});

describe.each(places.kinds)("an old release on a newer schema, %s", (kind) => {
  const applyFuture = (breaking: boolean) =>
    `insert into gatehouse.migrations (name, hash, breaking) values ('9999_future', 'unknown', ${breaking})`;

  test("refuses its start when the migration breaks it, and names it", async () => {
    using place = await places.open(kind);
    expect(await (await startExecutable(place.env)).kill()).toBe(0);
    await place.inspect((database) => database.executeSql(applyFuture(true)));

    const refused = await spawnExecutable(place.env);
    const code = await refused.exited;

    expect({ code, said: refused.output() }).toEqual({
      code: 76,
      said: expect.stringContaining("The database holds the breaking migration 9999_future"),
    });
  }, 60_000);

  test("serves when it does not, and says so in its log", async () => {
    using place = await places.open(kind);
    expect(await (await startExecutable(place.env)).kill()).toBe(0);
    await place.inspect((database) => database.executeSql(applyFuture(false)));

    const running = await startExecutable(place.env);
    const code = await running.kill();

    expect({ code, said: running.output() }).toEqual({
      code: 0,
      said: expect.stringContaining('"unknown":["9999_future"]'),
    });
  }, 60_000);
});
