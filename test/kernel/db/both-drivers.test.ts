import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { bigint, customType, integer, jsonb, text, timestamp } from "drizzle-orm/pg-core";
import { type Database, executorOf, openDatabase } from "#/kernel/db";
import { gatehouse } from "#/kernel/db/schema";
import { startPostgres } from "../../support/postgres";

const visits = gatehouse.table("visits", {
  visitId: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  pageName: text().notNull().unique(),
  seenAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  details: jsonb(),
  score: integer(),
  raw: customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" })(),
});

const server = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), "gatehouse-db-"));
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const openers: Record<string, (() => Promise<Database>) | undefined> = {
  embedded: () => openDatabase({ DATA_DIR: directory, DATABASE_URL: undefined }, () => {}),
  postgres:
    server &&
    (() =>
      openDatabase(
        { DATA_DIR: directory, DATABASE_URL: server.url.replace("postgres:", "postgresql+asyncpg:") },
        () => {},
      )),
};

describe.each(Object.entries(openers).flatMap(([kind, open]) => (open ? [{ kind, open }] : [])))(
  "on $kind",
  ({ kind, open }) => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
      await database.executeSql(`create schema gatehouse; create table gatehouse.visits (
      visit_id bigint generated always as identity primary key, page_name text not null unique,
      seen_at timestamptz not null default now(), details jsonb, score int, raw bytea)`);
    });
    afterAll(() => database.close());

    test("opens the kind that the settings ask for, and answers", async () => {
      expect(database.kind as string).toBe(kind);
      expect(await database.check()).toEqual({ ok: true, detail: "answers" });
      expect(database.hasRoom()).toBe(true);
    });

    test("writes and reads every type alike, with columns in snake case", async () => {
      const seenAt = new Date("2031-02-03T04:05:06.789Z");
      const given = {
        pageName: "types",
        seenAt,
        details: { a: ["ü", "\u{1F600}"] },
        score: -5,
        raw: new Uint8Array([0, 255]),
      };

      const [row] = await database.db.insert(visits).values(given).returning();

      expect({ ...row, raw: new Uint8Array(row?.raw ?? []) }).toEqual({
        ...given,
        visitId: row?.visitId ?? 0,
      });
      expect(typeof row?.visitId).toBe("number");
    });

    test("keeps nothing of a transaction that throws", async () => {
      const work = database.db.transaction(async (tx) => {
        await tx.insert(visits).values({ pageName: "gone" });
        throw new RangeError("stop");
      });

      expect(await work.catch((error) => error)).toBeInstanceOf(RangeError);
      expect(await database.db.select().from(visits).where(eq(visits.pageName, "gone"))).toEqual([]);
    });

    test("keeps what stands outside a savepoint that throws", async () => {
      await database.db.transaction(async (tx) => {
        await tx.insert(visits).values({ pageName: "outside" });
        await tx
          .transaction(async (inner) => inner.insert(visits).values({ pageName: "outside" }))
          .catch(() => {});
      });

      expect(await database.db.select().from(visits).where(eq(visits.pageName, "outside"))).toHaveLength(1);
    });

    test("lets a broken constraint out as the driver's own error, without the values in its message", async () => {
      await database.db.insert(visits).values({ pageName: "twice-secret" });

      const error = await database.db
        .insert(visits)
        .values({ pageName: "twice-secret" })
        .then(undefined, (reason) => reason);

      expect(error.code).toBe("23505");
      expect(error.message).not.toContain("secret");
      expect(error.constructor.name).not.toContain("Drizzle");
    });

    test("refuses with 503 while a table is missing", async () => {
      expect(
        await database.executeSql("select * from gatehouse.not_there").catch((error) => error),
      ).toMatchObject({
        name: "AppError",
        status: 503,
      });
    });

    test("runs SQL text with values of every kind", async () => {
      const at = new Date("2030-01-01T00:00:00Z");
      const { rows } = await database.executeSql(
        "select $1::timestamptz as at, $2::jsonb as data, $3::text[] as names, $4::bigint as big, $5::text as nothing, $6::boolean as yes",
        [at, { a: 1 }, ["x", 'y"z'], 9_007_199_254_740_993n, undefined, true],
      );

      expect(rows).toEqual([
        { at, data: { a: 1 }, names: ["x", 'y"z'], big: "9007199254740993", nothing: null, yes: true },
      ]);
    });

    test("runs several statements in one text and gives the rows of all", async () => {
      const { rows } = await database.executeSql("begin; select 1 as n; select 2 as n; commit");

      expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
    });

    test("rolls back a text that fails inside its own transaction, whoever comes next", async () => {
      const text = "begin; insert into gatehouse.visits (page_name) values ('half'); select nope; commit";

      const [failed, next] = await Promise.allSettled([
        database.executeSql(text),
        database.executeSql("select 1 as one"),
      ]);

      expect(failed.status).toBe("rejected");
      expect(next).toMatchObject({ status: "fulfilled", value: { rows: [{ one: 1 }] } });
      expect(await database.db.select().from(visits).where(eq(visits.pageName, "half"))).toEqual([]);
    });

    test("runs SQL text inside the caller's transaction and gives it up with it", async () => {
      const seen = await database.db
        .transaction(async (tx) => {
          const { executeSql } = executorOf(tx);
          await executeSql("insert into gatehouse.visits (page_name) values ($1)", ["inside"]);
          const { rows } = await executeSql(
            "select page_name, seen_at from gatehouse.visits where page_name = $1",
            ["inside"],
          );
          throw Object.assign(new Error("stop"), { rows });
        })
        .catch((error) => error.rows);

      expect(seen).toEqual([{ page_name: "inside", seen_at: expect.any(Date) }]);
      expect(await database.db.select().from(visits).where(eq(visits.pageName, "inside"))).toEqual([]);
    });

    test("answers many callers at once", async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, n) => database.db.execute(sql`select ${n}::int as n`)),
      );

      expect(answers).toHaveLength(200);
    });

    test("closes twice without complaint", async () => {
      const other = kind === "embedded" ? database : await open();
      await Promise.all([other.close(), other.close()]);

      expect(await other.executeSql("select 1").catch((error) => error)).toMatchObject({ status: 503 });
      if (kind === "embedded") database = await open();
    });
  },
);
