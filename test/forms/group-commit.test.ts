import { afterEach, expect, test } from "bun:test";
import { createIntakeQueue, type IntakeOptions } from "#/modules/forms/intake/intake-queue";
import { measureIntake } from "#/modules/forms/intake/measure-forms";
import {
  findKeyHolder,
  type NewSubmission,
  storeSubmissions,
} from "#/modules/forms/intake/store-submissions";
import { contact } from "../support/sample-posts";
import { until } from "../support/until";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { NOTIFY_EMAIL: "" } });

if (!world.server) console.error("skipped: a killed backend, which the embedded database has none of");
const run = (text: string) => world.kernel.database.executeSql(text);
const messages = async () =>
  ((await world.traces()).tables.submissions ?? [])
    .map(({ fields }) => (fields as { message: string }).message)
    .sort();

world.describe("a row that the database will not take", () => {
  afterEach(() => run("alter table gatehouse.submissions drop constraint if exists poison"));

  test("fails alone, with what was typed on the page; the others commit", async () => {
    await run(
      "alter table gatehouse.submissions add constraint poison check (fields ->> 'message' not like 'poison%')",
    );
    const texts = Array.from({ length: 40 }, (_, at) => (at % 20 === 7 ? `poison ${at}` : `good ${at}`));

    const answers = await Promise.all(
      texts.map((message, at) =>
        world.post(
          "/f/contact",
          { ...contact, message },
          at === 27 ? { encoding: "urlencoded", headers: browser } : {},
        ),
      ),
    );

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(38);
    expect([statuses[7], statuses[27]]).toEqual([500, 500]);
    expect(await answers[7]?.json()).toEqual({ error: "Something went wrong on our side", code: "internal" });
    expect(await answers[27]?.text()).toContain("poison 27");
    expect(await messages()).toEqual(texts.filter((text) => text.startsWith("good")).sort());
    const logged = world.log.filter((line) => line.includes("request.failed"));
    expect(logged.map((line) => (JSON.parse(line) as { errorCode: string }).errorCode)).toEqual([
      "23514",
      "23514",
    ]);
    expect(world.log.join("")).not.toContain("poison");
  });
});

world.describe("a commit whose answer is lost", () => {
  const submission = (text: string): NewSubmission => ({
    id: Bun.randomUUIDv7(),
    form: "contact",
    formVersion: 0,
    door: "/f/contact",
    fields: { ...contact, message: text },
    language: "en",
    emailNormalised: null,
    subject: null,
    replyTo: null,
    client: null,
    userAgent: null,
    origin: null,
    contentHash: "00".repeat(16),
    intake: {},
    key: new Bun.CryptoHasher("md5").update(text).digest("hex"),
    keySeconds: 60,
  });
  const openQueue = (store: IntakeOptions["store"]) =>
    createIntakeQueue({
      store,
      findKeyHolder: (one) => findKeyHolder(world.kernel.db, one),
      log: world.kernel.log,
      meter: measureIntake(world.kernel.metrics),
      batchRows: 64,
      writers: 1,
      capacity: () => 100,
    });

  test.each([
    ["before", 0],
    ["after", 1],
  ])("%s it took effect is repeated: one row and one job each", async (_when, stored) => {
    const calls: number[] = [];
    const queue = openQueue(async (batch) => {
      calls.push(batch.length);
      if (calls.length > 1 || stored) {
        const ids = await storeSubmissions(world.kernel, batch);
        if (calls.length > 1) return ids;
      }
      throw Object.assign(new Error("connection lost"), { code: "CONNECTION_CLOSED" });
    });
    const sent = Array.from({ length: 20 }, (_, at) => submission(`Message ${at}`));

    const receipts = await Promise.all(sent.map((one) => queue.submit(one)));

    expect(calls).toEqual([20, 20]);
    expect(receipts).toEqual(sent.map(({ id }) => ({ id, replayed: false })));
    expect(await messages()).toHaveLength(20);
    await world.settled();
    const rows = (await world.traces()).tables.submissions ?? [];
    expect(rows.map(({ state }) => state)).toEqual(Array(20).fill("inbox"));
    expect((await world.traces()).tables.deliveries).toHaveLength(20);
  });

  test("is stored after all when the key it met has expired before its holder is read", async () => {
    let calls = 0;
    const queue = openQueue(async (batch) =>
      calls++ === 0 ? new Set() : storeSubmissions(world.kernel, batch),
    );
    const sent = submission("Once more");

    const receipt = await queue.submit(sent);

    expect(receipt).toEqual({ id: sent.id, replayed: false });
    expect(await messages()).toEqual(["Once more"]);
  });

  // The embedded database has no backend that could be killed.
  if (world.server) {
    test("because its backend was killed while it committed is repeated", async () => {
      const commitTakes = (seconds: number) =>
        run(
          `create or replace function public.slow() returns trigger language plpgsql as 'begin perform pg_sleep(${seconds}); return null; end'`,
        );
      await commitTakes(20);
      await run(
        "create constraint trigger slow after insert on gatehouse.submissions deferrable initially deferred for each row execute function public.slow()",
      );
      const committing =
        "select pid from pg_stat_activity where wait_event = 'PgSleep' and query ~ 'submission_keys' and pid <> pg_backend_pid()";

      const sent = world.post("/f/contact", contact);
      await until(async () => (await run(committing)).rows.length > 0);
      await commitTakes(0);
      await run(`select pg_terminate_backend(pid) from (${committing}) as busy`);
      const answer = await sent;

      expect(answer.status).toBe(200);
      expect(await messages()).toEqual([contact.message as string]);
      await world.settled();
      await run("drop function public.slow cascade");
    });
  }
});
