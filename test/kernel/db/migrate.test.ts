import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, migrate, migrationStatus, openDatabase } from "#/kernel/db";
import { type Migration, migrations } from "#/kernel/db/migrations";
import { startPostgres } from "../../support/postgres";
import { until } from "../../support/until";

const server = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), "gatehouse-migrate-"));
const embedded = await openDatabase({ DATA_DIR: directory, DATABASE_URL: undefined }, () => {});
const opened: Database[] = [embedded];
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const quiet = () => {};
const first = migrations[0] as Migration;
const addNotes = { name: "0001_notes", text: "create table gatehouse.notes (id int primary key)" };
const dropNotes = { name: "0002_gone", text: "-- breaking: nobody reads notes\ndrop table gatehouse.notes" };

test("the embedded list equals the folder", () => {
  const folder = readdirSync("drizzle").filter((file) => file.endsWith(".sql"));

  expect(migrations.map(({ name }) => `${name}.sql`)).toEqual(folder.sort());
});

async function openServer(url: string) {
  const database = await openDatabase({ DATA_DIR: directory, DATABASE_URL: url }, quiet);
  opened.push(database);
  return database;
}

const fresh: Record<string, (() => Promise<Database>) | undefined> = {
  embedded: async () => {
    await embedded.executeSql("drop schema if exists gatehouse cascade");
    return embedded;
  },
  postgres: server && (async () => openServer(await server.createDatabase())),
};

describe.each(Object.entries(fresh).flatMap(([kind, open]) => (open ? [{ kind, open }] : [])))(
  "on $kind",
  ({ open }) => {
    test("migrates a fresh database, and then finds nothing to do", async () => {
      const database = await open();

      expect((await migrationStatus(database)).pending).toEqual(migrations.map(({ name }) => name));
      expect(await migrate(database, quiet)).toEqual(migrations.map(({ name }) => name));
      expect(await migrate(database, quiet)).toEqual([]);
      expect(await migrationStatus(database)).toEqual({
        applied: migrations.map(({ name }) => name),
        pending: [],
        unknown: [],
        refusal: undefined,
      });
    });

    test("takes a schema that the operator has created", async () => {
      const database = await open();
      await database.executeSql("create schema gatehouse");

      expect(await migrate(database, quiet, [first])).toEqual([first.name]);
    });

    test("runs on a schema that is newer by a compatible migration, and says so in the log", async () => {
      const database = await open();
      await migrate(database, quiet, [first, addNotes]);
      const events: unknown[] = [];

      expect(await migrate(database, (...line) => events.push(line), [first])).toEqual([]);
      expect(events).toEqual([["warn", "database.schema_is_newer", { unknown: ["0001_notes"] }]]);
    });

    test("refuses a breaking migration that it does not know, by name, with exit code 76", async () => {
      const database = await open();
      await migrate(database, quiet, [first, addNotes, dropNotes]);

      const refusal = await migrate(database, quiet, [first, addNotes]).catch((error) => error);

      expect(refusal).toMatchObject({ name: "StartRefusal", exitCode: 76 });
      expect(refusal.message).toContain("0002_gone");
      expect((await migrationStatus(database, [first])).unknown).toEqual(["0001_notes", "0002_gone"]);
    });

    test("refuses a migration whose text has changed, and applies none of the others", async () => {
      const database = await open();
      await migrate(database, quiet, [first, addNotes]);
      const changed = [
        first,
        { ...addNotes, text: "select 1" },
        { name: "0002_more", text: "create table gatehouse.more ()" },
      ];

      const refusal = await migrate(database, quiet, changed).catch((error) => error);

      expect(refusal).toMatchObject({ exitCode: 76, message: expect.stringContaining("0001_notes") });
      expect((await migrationStatus(database, changed)).pending).toEqual(["0002_more"]);
    });

    test("keeps nothing of a migration that fails half way, and all of those before it", async () => {
      const database = await open();
      const broken = {
        name: "0002_broken",
        text: "create table gatehouse.half (); create table gatehouse.half ();",
      };

      expect(await migrate(database, quiet, [first, addNotes, broken]).catch((error) => error.code)).toBe(
        "42P07",
      );

      const { rows } = await database.executeSql(
        "select to_regclass('gatehouse.notes') as notes, to_regclass('gatehouse.half') as half",
      );
      expect(rows).toEqual([{ notes: "gatehouse.notes", half: null }]);
      expect((await migrationStatus(database, [first, addNotes, broken])).pending).toEqual(["0002_broken"]);
    });
  },
);

test.skipIf(!server)("lets several starters migrate one server together", async () => {
  const url = (await server?.createDatabase()) ?? "";
  const starters = await Promise.all(Array.from({ length: 4 }, () => openServer(url)));
  const slow = { name: "0001_slow", text: "select pg_sleep(0.2); create table gatehouse.slow ()" };

  const applied = await Promise.all(starters.map((database) => migrate(database, quiet, [first, slow])));

  expect(applied.flat()).toEqual([first.name, "0001_slow"]);
});

test.skipIf(!server)(
  "leaves nothing when the starter is killed in the middle, and the next one goes on",
  async () => {
    const url = (await server?.createDatabase()) ?? "";
    const database = await openServer(url);
    const slow = { name: "0001_slow", text: "create table gatehouse.slow (); select pg_sleep(20)" };
    const child = Bun.spawn(["bun", join(import.meta.dir, "migrate-child.ts"), url, slow.text], {
      stderr: "inherit",
    });
    await until(async () => {
      const { rows } = await database.executeSql(
        "select 1 from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid()",
      );
      return rows.length > 0;
    });

    child.kill("SIGKILL");
    await child.exited;
    await database.executeSql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid()",
    );

    expect((await migrationStatus(database, [first, slow])).pending).toEqual(["0001_slow"]);
    expect(
      await migrate(database, quiet, [first, { ...slow, text: "create table gatehouse.slow ()" }]),
    ).toEqual(["0001_slow"]);
  },
);
