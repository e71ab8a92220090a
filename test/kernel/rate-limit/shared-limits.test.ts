import { afterAll, describe, expect, setSystemTime, test } from "bun:test";
import postgres from "postgres";
import { createRateLimits, type RateRule } from "#/kernel/rate-limit";
import { startPostgres } from "../../support/postgres";

const server = await startPostgres();
const sql = postgres(server?.url ?? "", { max: 4, onnotice: () => {} });
let queries = 0;
const database = {
  kind: "postgres" as const,
  async executeSql(text: string, values: unknown[] = []) {
    queries++;
    return { rows: await sql.unsafe(text, values as never[]) };
  },
};
if (server) {
  await sql.unsafe(`create schema gatehouse;
    create unlogged table gatehouse.rate_limits (key varchar(255) primary key, points integer not null, expire bigint)`);
}
afterAll(async () => {
  setSystemTime();
  await sql.end({ timeout: 1 });
  await server?.stop();
});

const failures: unknown[] = [];
const instance = () =>
  createRateLimits({
    config: { RATE_LIMIT: "on" },
    database,
    now: () => new Date(),
    onStoreFailure: (error) => void failures.push(error),
  });
const rule = (name: string): RateRule => ({ name, points: 10, seconds: 60 });

describe.skipIf(!server)("limits on PostgreSQL", () => {
  test("let exactly the points pass over two instances at once", async () => {
    const [one, two] = [instance(), instance()];

    const verdicts = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? one : two).consume(rule("exact"), "203.0.113.9")),
    );

    expect(verdicts.filter(({ allowed }) => allowed).length).toBe(10);
    expect(failures).toEqual([]);
  });

  test("give points back and forget a client, on every instance, and never let more pass for it", async () => {
    const [one, two] = [instance(), instance()];
    const mine = rule("given back");
    const take = async () => (await two.consume(mine, "a")).allowed;
    const taken = async () => (await Promise.all(Array.from({ length: 12 }, take))).filter(Boolean).length;

    await one.giveBack(mine, "a");
    const first = await taken();
    await two.giveBack(mine, "a");
    await two.giveBack(mine, "a");
    await two.giveBack(mine, "a");
    const second = await taken();
    await two.reset(mine, "a");
    const third = await taken();

    expect([first, second, third]).toEqual([10, 1, 10]);
    expect(failures).toEqual([]);
  });

  test("count the requests of one moment in one statement, each client its own", async () => {
    const limits = instance();
    const before = queries;

    const verdicts = await Promise.all(
      Array.from({ length: 300 }, (_, i) => limits.consume(rule("moment"), `203.0.113.${i % 30}`)),
    );

    expect(queries - before).toBe(1);
    expect(verdicts.map(({ remaining }) => remaining)).toEqual(
      Array.from({ length: 300 }, (_, i) => 9 - Math.floor(i / 30)),
    );
  });

  test("of the same clients on several instances wait for each other and never deadlock", async () => {
    const crossed = { ...rule("crossed"), points: 1_000 };
    const clients = Array.from({ length: 1_000 }, (_, i) => `198.51.${i % 4}.${i}`);
    const passes = async (order: string[]) => {
      const limits = instance();
      const verdicts = [];
      for (let round = 0; round < 8; round++) {
        verdicts.push(...(await Promise.all(order.map((client) => limits.consume(crossed, client)))));
      }
      return verdicts;
    };

    const verdicts = await Promise.all([passes(clients), passes(clients.toReversed())]);

    expect(failures).toEqual([]);
    expect(Math.min(...verdicts.flat().map(({ remaining }) => remaining))).toBe(1_000 - 16);
  });

  test("ask the database no more about a client that waits", async () => {
    const limits = instance();
    for (let i = 0; i < 11; i++) await limits.consume(rule("flood"), "203.0.113.9");
    const before = queries;

    const verdicts = [];
    for (let i = 0; i < 100; i++) verdicts.push(await limits.consume(rule("flood"), "203.0.113.9"));

    expect(verdicts.some(({ allowed }) => allowed)).toBe(false);
    expect(queries).toBe(before);
  });

  test("double the wait whichever instance was met before", async () => {
    const waits: number[] = [];
    let at = Date.now();
    for (const limits of Array.from({ length: 6 }, instance)) {
      setSystemTime(at);
      let verdict = await limits.consume(rule("doubling"), "203.0.113.9");
      while (verdict.allowed) verdict = await limits.consume(rule("doubling"), "203.0.113.9");
      waits.push(verdict.retryAfter);
      at += verdict.retryAfter * 1000 + 1;
    }
    setSystemTime();

    expect(waits).toEqual([60, 120, 240, 480, 960, 1920]);
  });

  test("hold a client to its longer wait on every instance", async () => {
    const start = Date.now();
    const exceed = async () => {
      const limits = instance();
      for (let i = 0; i < 11; i++) await limits.consume(rule("held"), "203.0.113.9");
    };
    await exceed();
    setSystemTime(start + 61_000);
    await exceed();

    setSystemTime(start + 61_000 + 70_000);
    const elsewhere = await instance().consume(rule("held"), "203.0.113.9");
    setSystemTime();

    expect(elsewhere.allowed).toBe(false);
    expect(elsewhere.retryAfter).toBeWithin(49, 52);
  });

  test("give a point back", async () => {
    const limits = instance();
    for (let i = 0; i < 10; i++) await limits.consume(rule("back"), "203.0.113.9");

    await limits.giveBack(rule("back"), "203.0.113.9");

    expect((await instance().consume(rule("back"), "203.0.113.9")).allowed).toBe(true);
    expect((await instance().consume(rule("back"), "203.0.113.9")).allowed).toBe(false);
  });

  test("go on counting in memory when the database is gone, and refuse nobody else", async () => {
    const limits = instance();
    await server?.halt("immediate");

    const verdicts = [];
    for (let i = 0; i < 12; i++) verdicts.push(await limits.consume(rule("gone"), "203.0.113.9"));
    const other = await limits.consume(rule("gone"), "203.0.113.10");

    expect(verdicts.filter(({ allowed }) => allowed).length).toBe(10);
    expect(other.allowed).toBe(true);
    expect(failures.length).toBeGreaterThan(0);
  });
});
