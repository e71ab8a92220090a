import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import { type Database, openDatabase } from "#/kernel/db";
import { createJobs } from "#/kernel/jobs";
import type { JobOf, JobsOf } from "#/kernel/jobs/contract";
import { openStore } from "#/kernel/jobs/store";
import { kindsUnderTest } from "../../support/databases";
import { startPostgres } from "../../support/postgres";
import { until } from "../../support/until";

type World = { database: Database };
type TestJob = JobOf<World, typeof Payload>;

const Payload = Type.Object({ id: Type.String() });
const server = await startPostgres();
const directory = mkdtempSync(join(tmpdir(), "gatehouse-jobs-"));
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A new, empty database. */
const fresh = {
  embedded: async () => ({ DATABASE_URL: undefined, DATA_DIR: mkdtempSync(join(directory, "data-")) }),
  postgres: async () => ({ DATABASE_URL: await server?.createDatabase(), DATA_DIR: directory }),
};
const kinds = kindsUnderTest("embedded", "postgres").filter((kind) => kind === "embedded" || server);

describe.each(kinds)("jobs on %s", (kind) => {
  let database: Database;
  const logged: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  const started: JobsOf<World>[] = [];

  beforeAll(async () => {
    database = await openDatabase(await fresh[kind](), () => {});
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((jobs) => jobs.stop(1000)));
    await database.executeSql("drop schema if exists gatehouse_jobs cascade");
    logged.length = 0;
  });
  afterAll(() => database.close());

  const create = (list: readonly JobOf<World>[], options = {}, on = database) => {
    const log = (level: string, event: string, fields = {}) => void logged.push({ level, event, fields });
    const jobs = createJobs<World>(on, list, log, options);
    started.push(jobs);
    return jobs;
  };
  const start = async (list: readonly JobOf<World>[], options = {}) => {
    const jobs = create(list, options);
    await jobs.start({ database });
    return jobs;
  };
  const enqueue = (jobs: JobsOf<World>, job: TestJob, ids: readonly string[], options = {}) =>
    database.db.transaction((tx) =>
      jobs.enqueue(
        tx,
        job,
        ids.map((id) => ({ id })),
        options,
      ),
    );
  const rows = async () =>
    (
      await database.executeSql(
        "select name, state::text as state from gatehouse_jobs.job order by created_on",
      )
    ).rows;

  // Only there does nobody else work: on a server the claims may be another instance's.
  if (kind === "embedded") {
    test("takes up at once what a process that died had claimed", async () => {
      const hangs = recorder(() => new Promise(() => {}));
      const first = await start([hangs.job]);
      await enqueue(first, hangs.job, ["a"]);
      await hangs.ran.next();
      await first.stop(0);
      const { job, ran } = recorder();

      await start([job]);

      expect(await ran.next()).toBe("a");
    });
  }

  test("runs what was enqueued first thing after the start, once its transaction has committed", async () => {
    const { job, ran } = recorder();
    const jobs = await start([job]);

    await enqueue(jobs, job, ["a"]);

    expect(await ran.next()).toBe("a");
    await until(async () => (await rows()).length === 0);
  });

  test("leaves nothing behind when the transaction is rolled back", async () => {
    const { job } = recorder();
    const jobs = await start([job]);

    const refused = database.db.transaction(async (tx) => {
      await jobs.enqueue(tx, job, [{ id: "a" }, { id: "b" }]);
      throw new Error("changed my mind");
    });

    await expect(refused).rejects.toThrow("changed my mind");
    expect(await rows()).toEqual([]);
  });

  test("runs what a statement enqueued beside its own work, and nothing where that is rolled back", async () => {
    const { job, ran } = recorder();
    const jobs = await start([job]);
    const payloads = sql`select json_build_object('id', id) from made`;
    const both = sql`
      with made as (select unnest(array['a', 'b']) as id), queued as (${jobs.insertInto(job, payloads)})
      select id from made`;

    const refused = database.db.transaction(async (tx) => {
      await tx.execute(both);
      throw new Error("changed my mind");
    });
    await expect(refused).rejects.toThrow("changed my mind");
    expect(await rows()).toEqual([]);
    await database.db.execute(both);
    jobs.enqueued(job);

    expect([await ran.next(), await ran.next()].sort()).toEqual(["a", "b"]);
    await until(async () => (await rows()).length === 0);
  });

  test("finds what another worker enqueued without being told", async () => {
    const { job, ran } = recorder();
    const worker = await start([job]);
    const enqueuer = create([{ ...job, concurrency: 0 }]);
    await enqueuer.start({ database });

    await enqueue(enqueuer, job, ["a"]);

    expect(await ran.next()).toBe("a");
    expect((await worker.check()).ok).toBe(true);
  });

  test("does not start a job before its earliest moment", async () => {
    const { job, ran } = recorder();
    const jobs = await start([job]);
    const startAfter = new Date(Date.now() + 1200);

    await enqueue(jobs, job, ["later"], { startAfter });
    await enqueue(jobs, job, ["now"]);

    expect(await ran.next()).toBe("now");
    expect(await ran.next()).toBe("later");
    expect(Date.now()).toBeGreaterThanOrEqual(startAfter.getTime());
  });

  test("repeats a job that throws, then keeps it as a dead letter and says so without its words", async () => {
    const { job, ran } = recorder(async () => {
      throw new TypeError("secret of the visitor");
    });
    const failing = { ...job, retryLimit: 1, retryDelaySeconds: 1 };
    const jobs = await start([failing]);

    await enqueue(jobs, failing, ["a"]);
    await ran.next();
    await ran.next();
    await until(async () => logged.some(({ event }) => event === "jobs.dead"));

    expect(await jobs.deadLetters()).toMatchObject([{ job: "test.recorded", count: 1 }]);
    expect(await rows()).toEqual([{ name: "test.recorded", state: "failed" }]);
    expect(logged).toMatchObject([
      {
        level: "warn",
        event: "jobs.failed",
        fields: { job: "test.recorded", attempt: 1, error: "TypeError" },
      },
      {
        level: "error",
        event: "jobs.dead",
        fields: { job: "test.recorded", attempt: 2, error: "TypeError" },
      },
    ]);
    expect(
      JSON.stringify([logged, await database.executeSql("select * from gatehouse_jobs.job")]),
    ).not.toContain("secret");
  });

  test("gives up a payload that the schema refuses, at once and without running it", async () => {
    const { job, ran } = recorder();
    const older: JobOf<World> = { ...job, payload: Type.Object({}), run: async () => {} };
    const jobs = await start([job]);

    await database.db.transaction((tx) => jobs.enqueue(tx, older, [{ id: 7 } as never]));
    await until(async () => logged.some(({ event }) => event === "jobs.dead"));

    expect(logged).toMatchObject([{ level: "error", fields: { error: "UnreadablePayload", attempt: 1 } }]);
    expect(await jobs.deadLetters()).toMatchObject([{ job: "test.recorded", count: 1 }]);
    expect(ran.count()).toBe(0);
  });

  test("takes a run that outlives its lease for failed and gives its slot away", async () => {
    const { job, ran } = recorder((id) => (id === "hangs" ? new Promise(() => {}) : Promise.resolve()));
    const short = { ...job, leaseSeconds: 1, retryLimit: 0 };
    const jobs = await start([short]);

    await enqueue(jobs, short, ["hangs"]);
    await ran.next();
    await enqueue(jobs, short, ["next"]);

    expect(await ran.next()).toBe("next");
    expect(logged).toMatchObject([{ event: "jobs.dead", fields: { error: "LeaseExpired" } }]);
  });

  test("never runs one job in two workers, and each exactly once", async () => {
    const { job, ran } = recorder(() => Bun.sleep(1));
    const wide = { ...job, concurrency: 8 };
    const ids = Array.from({ length: 400 }, (_, n) => String(n));
    const jobs = await start([wide]);
    await start([wide]);

    await enqueue(jobs, wide, ids);
    const seen: string[] = [];
    while (seen.length < ids.length) seen.push(await ran.next());
    await until(async () => (await rows()).length === 0);

    expect(new Set(seen).size).toBe(ids.length);
    expect(ran.count()).toBe(ids.length);
  });

  test("runs as many at one time as the kind allows", async () => {
    let now = 0;
    let most = 0;
    const { job, ran } = recorder(async () => {
      most = Math.max(most, ++now);
      await Bun.sleep(2);
      now--;
    });
    const three = { ...job, concurrency: 3 };
    const jobs = await start([three]);

    await enqueue(jobs, three, ["a", "b", "c", "d", "e", "f", "g"]);
    for (let n = 0; n < 7; n++) await ran.next();

    expect(most).toBe(3);
  });

  test("runs what it claims together as one, and each by itself when that fails", async () => {
    const { job, ran } = recorder(async (id) => {
      if (id === "bad") throw new Error("refused");
    });
    const batches: string[][] = [];
    const together: TestJob = {
      ...job,
      together: 8,
      async runMany(_context, payloads) {
        const ids = payloads.map(({ id }) => id).sort();
        batches.push(ids);
        if (ids.includes("bad")) throw new Error("refused");
      },
    };
    const jobs = await start([together]);

    await enqueue(jobs, together, ["a", "b", "c"]);
    await until(async () => (await rows()).length === 0);
    await enqueue(jobs, together, ["bad", "good"]);
    const alone = [await ran.next(), await ran.next()].sort();

    expect(batches).toEqual([
      ["a", "b", "c"],
      ["bad", "good"],
    ]);
    expect(alone).toEqual(["bad", "good"]);
    await until(async () => JSON.stringify(await rows()) === '[{"name":"test.recorded","state":"retry"}]');
  });

  test("takes no more together than the kind says, and counts them as one run", async () => {
    const batches: number[] = [];
    let now = 0;
    let most = 0;
    const pairs: TestJob = {
      ...recorder().job,
      together: 2,
      async runMany(_context, payloads) {
        most = Math.max(most, ++now);
        batches.push(payloads.length);
        await Bun.sleep(2);
        now--;
      },
    };
    const jobs = await start([pairs], { maxRunning: 1 });

    await enqueue(jobs, pairs, ["a", "b", "c", "d"]);
    await until(async () => (await rows()).length === 0);

    expect(batches).toEqual([2, 2]);
    expect(most).toBe(1);
  });

  test("leaves the database to urgent work, and still claims once a second", async () => {
    const { job, ran } = recorder();
    let urgent = true;
    const jobs = await start([job]);
    jobs.yieldTo(() => urgent);
    const ids = ["a", "b", "c", "d", "e"];
    const since = performance.now();

    // One slot, so one at a claim.
    await enqueue(jobs, job, ids);
    await ran.next();
    await ran.next();
    await ran.next();
    const yielding = performance.now() - since;
    urgent = false;
    await ran.next();
    await ran.next();

    expect(yielding).toBeGreaterThan(1_900);
    expect(performance.now() - since - yielding).toBeLessThan(yielding);
  });

  test("yields no more once jobs have waited for long, whatever is urgent", async () => {
    const order: string[] = [];
    const note = async (_: World, { id }: { id: string }) => void order.push(id);
    const old: TestJob = { name: "test.old", payload: Payload, run: note };
    const young: TestJob = { name: "test.young", payload: Payload, run: note };
    const jobs = await start([old, young]);
    jobs.yieldTo(() => true);

    await database.db.transaction(async (tx) => {
      await jobs.enqueue(
        tx,
        old,
        ["1", "2", "3", "4", "5"].map((id) => ({ id })),
      );
      await tx.execute(sql`update gatehouse_jobs.job set start_after = now() - interval '21 s'`);
      await jobs.enqueue(
        tx,
        young,
        ["a", "b", "c"].map((id) => ({ id })),
      );
    });
    await until(async () => order.length === 8, 20);

    // The young ones come a second apart.
    expect(order.at(-1)).toBe("c");
    expect(order.indexOf("5")).toBeLessThan(order.indexOf("c"));
  });

  test("gives free slots to the more urgent kind", async () => {
    const gate = Promise.withResolvers<void>();
    const { job, ran } = recorder((id) => (id === "first" ? gate.promise : Promise.resolve()));
    const urgent = { ...job, name: "test.urgent", priority: 10 };
    const jobs = await start([job, urgent], { maxRunning: 1 });
    await enqueue(jobs, job, ["first"]);
    await ran.next();

    await enqueue(jobs, job, ["low 1", "low 2"]);
    await enqueue(jobs, urgent, ["high 1", "high 2"]);
    // The wake-up follows the commit by 20 ms; a slot freed before it may go to what is known already.
    await Bun.sleep(50);
    gate.resolve();

    expect([await ran.next(), await ran.next()].sort()).toEqual(["high 1", "high 2"]);
    expect([await ran.next(), await ran.next()].sort()).toEqual(["low 1", "low 2"]);
  });

  test("waits for what runs when it stops, and claims nothing more", async () => {
    const gate = Promise.withResolvers<void>();
    const { job, ran } = recorder(() => gate.promise);
    const jobs = await start([job]);
    await enqueue(jobs, job, ["running", "waiting"]);
    await ran.next();

    const stopping = jobs.stop(5000);
    setTimeout(gate.resolve, 50);
    await stopping;

    expect(ran.count()).toBe(1);
    expect(await rows()).toEqual([{ name: "test.recorded", state: "created" }]);
    expect(await jobs.check()).toEqual({ ok: false, detail: "not started" });
  });

  test("leaves a run that does not end in time to another worker", async () => {
    const { job, ran } = recorder(() => new Promise(() => {}));
    const jobs = await start([job]);
    await enqueue(jobs, job, ["a"]);
    await ran.next();

    await jobs.stop(50);

    expect(await rows()).toEqual([{ name: "test.recorded", state: "active" }]);
    expect(logged).toMatchObject([{ level: "warn", event: "jobs.left_running", fields: { count: 1 } }]);
  });

  test("runs a scheduled job with an empty payload", async () => {
    const ran = Promise.withResolvers<object>();
    const scheduled: JobOf<World> = {
      name: "test.scheduled",
      payload: Type.Object({}),
      schedule: "* * * * *",
      run: async (_, payload) => ran.resolve(payload),
    };

    await start([scheduled], { superviseSeconds: 1 });

    expect(await ran.promise).toEqual({});
  }, 20_000);

  test("takes over changed settings and forgets a schedule that is gone", async () => {
    const { job } = recorder();
    await (await start([{ ...job, schedule: "0 3 * * *" }])).stop(0);

    await (await start([{ ...job, retryLimit: 9 }])).stop(0);

    const read = "select retry_limit, (select count(*)::int from gatehouse_jobs.schedule) as schedules";
    const found = await database.executeSql(`${read} from gatehouse_jobs.queue where name = 'test.recorded'`);
    expect(found.rows).toEqual([{ retry_limit: 9, schedules: 0 }]);
  });

  test("refuses to enqueue before the start, and what was prepared by migrate is there at once", async () => {
    const { job } = recorder();
    const jobs = create([job]);

    await jobs.migrate();

    await expect(enqueue(jobs, job, ["a"])).rejects.toMatchObject({ status: 503, code: "unavailable" });
    expect(() => jobs.insertInto(job, sql`select '{}'::json`)).toThrow("Cannot take on work yet");
    expect(await rows()).toEqual([]);
  });

  test("runs a job again whose process was killed with -9", async () => {
    const settings = await fresh[kind]();
    const env = { ...process.env, DATA_DIR: settings.DATA_DIR, DATABASE_URL: settings.DATABASE_URL ?? "" };
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "crash-child.ts")], {
      stdout: "pipe",
      env,
    });
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("running a\n");
    child.kill("SIGKILL");
    await child.exited;
    const { job, ran } = recorder();
    const survivor = { ...job, name: "test.stuck", leaseSeconds: 2 };
    await using stack = new AsyncDisposableStack();
    const reopened = await openDatabase(settings, () => {});
    stack.defer(() => reopened.close());

    const jobs = create([survivor], { superviseSeconds: 1 }, reopened);
    stack.defer(() => jobs.stop(1000));
    await jobs.start({ database: reopened });

    expect(await ran.next(15_000)).toBe("a");
  }, 30_000);

  test("knows the jobs whose every attempt ended with its process", async () => {
    const { job, ran } = recorder(async () => {
      throw new Error("said so itself");
    });
    const once = { ...job, retryLimit: 0 };
    const jobs = await start([once]);
    await enqueue(jobs, once, ["reported"]);
    await ran.next();
    await until(async () => (await jobs.deadLetters()).length === 1);
    await enqueue(jobs, once, ["silent"], { startAfter: new Date(Date.now() + 60_000) });

    await database.executeSql(`update gatehouse_jobs.job set state = 'failed', completed_on = now(),
      output = '{"value": {"message": "job heartbeat timeout"}}' where data ->> 'id' = 'silent'`);

    expect(await openStore(database).listSilentDeaths(60)).toEqual([
      { job: "test.recorded", id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ]);
    expect(await jobs.deadLetters()).toMatchObject([{ count: 2 }]);
  });

  if (kind === "postgres") {
    test("goes on after the database was away", async () => {
      const { job, ran } = recorder();
      const jobs = await start([job]);

      await server?.halt("immediate");
      await until(async () => logged.some(({ event }) => event === "jobs.claim_failed"), 15);
      await server?.start();
      await until(
        () =>
          enqueue(jobs, job, ["after"]).then(
            () => true,
            () => false,
          ),
        15,
      );

      expect(await ran.next()).toBe("after");
      expect((await jobs.check()).ok).toBe(true);
    }, 30_000);

    test("lets instances start on an empty database at the same moment, again and again", async () => {
      const { job, ran } = recorder();
      for (let round = 0; round < 5; round++) {
        await database.executeSql("drop schema if exists gatehouse_jobs cascade");

        const [one] = await Promise.all([start([job]), start([job]), start([job])]);

        await enqueue(one, job, [`round ${round}`]);
        expect(await ran.next()).toBe(`round ${round}`);
        await Promise.all(started.splice(0).map((jobs) => jobs.stop(1000)));
      }
      expect(logged).toEqual([]);
    });
  }
});

/** A job that notes each run; `next` waits for the next one. */
function recorder(run: (id: string) => Promise<void> = async () => {}) {
  const seen: string[] = [];
  let read = 0;
  let arrived = Promise.withResolvers<void>();
  const job: TestJob = {
    name: "test.recorded",
    payload: Payload,
    async run(_, { id }) {
      seen.push(id);
      arrived.resolve();
      await run(id);
    },
  };
  const next = async (timeoutMs = 5000): Promise<string> => {
    const deadline = performance.now() + timeoutMs;
    while (read === seen.length) {
      if (performance.now() > deadline) throw new Error("No job ran in time");
      await Promise.race([arrived.promise, Bun.sleep(100)]);
      if (read === seen.length) arrived = Promise.withResolvers();
    }
    return seen[read++] as string;
  };
  return { job, ran: { next, count: () => seen.length } };
}
