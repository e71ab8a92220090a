import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { type Database, executorOf, migrate, migrateWhenReachable } from "#/kernel/db";
import { openPostgres } from "#/kernel/db/postgres";
import { type PostgresServer, startPostgres } from "../../support/postgres";
import { until } from "../../support/until";

const started = await startPostgres();
const opened: Database[] = [];
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await started?.stop();
});

const quiet = () => {};
/** Shorter than usual, so that running into them takes no ten seconds. */
const limits = { deadline: 1_500, doubt: 300, statement: 500, waiting: 1_000 };
const open = async (url: string) => {
  const database = await openPostgres(url, quiet, limits);
  opened.push(database);
  return database;
};
const refusalOf = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => "an answer",
    (error) => error,
  );
const refused = { name: "AppError", status: 503, retryAfter: expect.any(Number) };

/** How long a piece of work took, in milliseconds. */
async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const begin = performance.now();
  return [await work, performance.now() - begin];
}

describe.skipIf(!started)("while PostgreSQL is away", () => {
  const server = started as PostgresServer;

  test("opens, refuses at once with 503, and migrates by itself when the server comes", async () => {
    const url = await server.createDatabase();
    await server.halt("fast");

    const [database, opening] = await timed(open(url));
    const migrating = migrateWhenReachable(database, quiet);
    const [refusal, waited] = await timed(refusalOf(database.db.execute(sql`select 1`)));

    expect(opening).toBeLessThan(2_000);
    expect(refusal).toMatchObject(refused);
    expect(waited).toBeLessThan(100);
    expect(await database.check()).toMatchObject({ ok: false });

    await server.start();
    await migrating.done;
    await until(async () => (await database.check()).ok);
    expect(await migrate(database, quiet)).toEqual([]);
  });

  test.each(["fast", "immediate"] as const)(
    "answers 503 in a restart (%s) and works within two seconds after it",
    async (mode) => {
      const database = await open(server.url);
      let running = true;
      const answers: unknown[] = [];
      const waits: number[] = [];
      const client = async () => {
        while (running) {
          const [answer, waited] = await timed(
            refusalOf(database.db.transaction((tx) => tx.execute(sql`select 1`))),
          );
          answers.push(answer);
          waits.push(waited);
          if (answer !== "an answer") await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const clients = Array.from({ length: 20 }, client);
      await until(() => answers.length > 100);

      await server.restart(mode);
      const [, back] = await timed(
        until(async () => (await refusalOf(database.executeSql("select 1"))) === "an answer"),
      );
      running = false;
      await Promise.all(clients);

      const failures = answers.filter((answer) => answer !== "an answer");
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) expect(failure).toMatchObject(refused);
      expect(back).toBeLessThan(2_000);
      expect(Math.max(...waits)).toBeLessThan(2_000);
    },
  );

  test("gives up a transaction whose server hangs, within its deadline, and recovers when it goes on", async () => {
    const database = await open(server.url);
    const pid = Number(readFileSync(join(server.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
    const { rows } = await database.executeSql(
      "select pid from pg_stat_activity where backend_type = 'client backend'",
    );
    const everyone = [pid, ...rows.map((row) => Number(row.pid))];

    for (const id of everyone) process.kill(id, "SIGSTOP");
    const [refusal, waited] = await timed(
      refusalOf(database.db.transaction((tx) => tx.execute(sql`select 1`))),
    );
    await until(async () => !(await database.check()).ok);
    const [second, quick] = await timed(refusalOf(database.executeSql("select 1")));
    for (const id of everyone) process.kill(id, "SIGCONT");

    expect(refusal).toMatchObject(refused);
    expect(waited).toBeLessThan(2_000);
    expect(second).toMatchObject(refused);
    expect(quick).toBeLessThan(100);
    await until(async () => (await refusalOf(database.executeSql("select 1"))) === "an answer");
  });

  test("never runs the work of a transaction that was refused while it waited", async () => {
    const database = await open(`${server.url}?max=1`);
    await database.executeSql("create table runs (n int)");
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const holding = refusalOf(database.db.transaction(() => held));
    let ran = false;

    const waiting = refusalOf(
      database.db.transaction(async (tx) => {
        ran = true;
        await tx.execute(sql`insert into runs values (1)`);
      }),
    );
    await server.halt("immediate");
    release();
    await holding;
    expect(await waiting).toMatchObject(refused);
    await server.start();
    await until(async () => (await database.check()).ok);

    expect(ran).toBe(false);
    expect((await database.executeSql("select * from runs")).rows).toEqual([]);
  });

  test("never runs the rest of a transaction that lost its connection, least of all inside another one", async () => {
    const database = await open(`${await server.createDatabase()}?max=1`);
    const killer = await open(server.url);
    await database.executeSql("create table rest (who text)");
    const killed = Promise.withResolvers<void>();
    const dead = refusalOf(
      database.db.transaction(async (tx) => {
        const { executeSql } = executorOf(tx);
        const { rows } = await executeSql("select pg_backend_pid() as pid");
        await killer.executeSql("select pg_terminate_backend($1)", [rows[0]?.pid]);
        await killed.promise;
        await executeSql("insert into rest values ('dead')");
      }),
    );

    expect(await dead).toMatchObject(refused);
    await database.db.transaction(async (tx) => {
      const { executeSql } = executorOf(tx);
      await executeSql("insert into rest values ('alive')");
      killed.resolve();
      // The other one goes on now, and must have had its turn before this one commits.
      await new Promise((resolve) => setTimeout(resolve, 50));
    });

    expect((await database.executeSql("select who from rest")).rows).toEqual([{ who: "alive" }]);
  });

  test("refuses more waiting queries than it can serve", async () => {
    const database = await open(`${server.url}?max=1`);

    const answers = await Promise.all(
      Array.from({ length: 1_100 }, () => refusalOf(database.executeSql("select 1", [1].slice(1)))),
    );

    expect(answers.filter((answer) => answer !== "an answer")).toHaveLength(100);
  });

  test("ends a statement that runs for longer than its limit", async () => {
    const database = await open(server.url);

    const [refusal, waited] = await timed(refusalOf(database.executeSql("select pg_sleep(20)")));

    expect(refusal).toMatchObject(refused);
    expect(waited).toBeLessThan(1_400);
  });
});

test("gives up an address that takes connections and never answers", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  connect(port).destroy();

  const [database, opening] = await timed(open(`postgres://nobody@127.0.0.1:${port}/none`));
  const [refusal, waited] = await timed(refusalOf(database.executeSql("select 1")));

  expect(opening).toBeLessThan(2_500);
  expect(refusal).toMatchObject(refused);
  expect(waited).toBeLessThan(100);
  silent.close();
});
