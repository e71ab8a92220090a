import { afterEach, expect, test } from "bun:test";
import { deliverSubmission } from "#/modules/forms/delivery/deliver-submission";
import { nextLane, signOf } from "#/modules/forms/delivery/lanes";
import { deliveries } from "#/modules/forms/tables";
import { startScriptedSmtp } from "../support/smtp";
import { idOfMinutesAgo, insertMessages } from "../support/stored-messages";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const vacant = await startScriptedSmtp({});
await vacant.stop();
const port = Number(new URL(vacant.url).port);
const world = await openWorld({ env: { SMTP_URL: vacant.url } });
const { kernel } = world;
/** BACKLOG=10000 takes a minute on a quiet machine. */
const backlog = Number(process.env.BACKLOG ?? 2_000);
const now = new Date("2026-11-21T12:00:00Z");
const id = "0199f3c2-5b1e-7000-8000-0000000000d4";

let server: Awaited<ReturnType<typeof startScriptedSmtp>> | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** As many deliveries as said, the oldest first, all of them due. */
async function queue(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => idOfMinutesAgo(count - index));
  await insertMessages(
    kernel,
    ids.map((one) => ({ id: one })),
  );
  const usual = { channel: "owner_email", target: "team@example.com", state: "queued" } as const;
  await kernel.db.transaction(async (tx) => {
    for (let at = 0; at < count; at += 1_000)
      await tx
        .insert(deliveries)
        .values(ids.slice(at, at + 1_000).map((one) => ({ ...usual, id: one, submissionId: one })));
    const payloads = ids.map((deliveryId) => ({ deliveryId }));
    await kernel.jobs.enqueue(tx, deliverSubmission, payloads);
  });
  return ids;
}
const rows = async (text: string) => (await kernel.database.executeSql(text)).rows;
const lane = async () => (await rows("select state, failures from gatehouse.delivery_lanes"))[0];
const countOf = async (where: string) =>
  Number((await rows(`select count(*)::int as n from gatehouse.deliveries where ${where}`))[0]?.n);
/** The lane's appointment has come. */
const passTime = () =>
  kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name = 'forms.tend_lane'",
  );
const attempts = async () =>
  Number((await rows("select count(*)::int as n from gatehouse.delivery_attempts"))[0]?.n);

test.each([
  [{ kind: "ok", value: { messageId: "1" } }, "well"],
  [{ kind: "refused", why: { code: "smtp_550", status: 550, text: "" } }, "well"],
  [{ kind: "retry", why: { code: "smtp_451", status: 451, text: "" } }, "well"],
  [{ kind: "retry", why: { code: "connection", text: "" } }, "away"],
  [{ kind: "uncertain", why: { code: "timeout", text: "" } }, "away"],
  [{ kind: "retry", why: { code: "server_error", status: 503, text: "" } }, "away"],
  [{ kind: "retry", why: { code: "bad_answer", status: 200, text: "" } }, "away"],
  [{ kind: "retry", why: { code: "rate_limited", status: 429, text: "" }, after: 60_000 }, "closed"],
  [{ kind: "parked", why: { code: "credentials", text: "" }, until: now }, "closed"],
  [{ kind: "parked", why: { code: "busy", text: "" }, until: now }, "nothing"],
  [{ kind: "refused", why: { code: "gone", text: "" } }, "nothing"],
] as const)("%j says of the other side: %s", (result, kind) => {
  expect(signOf(result, now).kind).toBe(kind);
});

test("a side is left alone after five failures in a row, and one good answer in between begins anew", () => {
  const away = { kind: "away" } as const;
  const at = { id, now };
  let lane = nextLane(undefined, away, at);
  for (let failure = 2; failure <= 4; failure++) lane = nextLane(lane ?? undefined, away, at);

  expect(lane).toMatchObject({ state: "failing", failures: 4 });
  expect(nextLane(lane ?? undefined, { kind: "well" }, at)).toBeNull();
  expect(nextLane(lane ?? undefined, away, at)).toMatchObject({
    state: "closed",
    until: new Date(now.getTime() + 30_000),
  });
});

test("what was under way when it closed changes nothing; the one that finds out decides", () => {
  const probing = { state: "probing", failures: 5, until: now, probe: id, why: "away" } as const;
  const other = { id: Bun.randomUUIDv7(), now };

  expect(nextLane({ ...probing, state: "closed", probe: null }, { kind: "well" }, other)).toBeUndefined();
  expect(nextLane(probing, { kind: "away" }, other)).toBeUndefined();
  expect(nextLane(probing, { kind: "well" }, { id, now })).toMatchObject({ state: "draining" });
  expect(nextLane(probing, { kind: "away" }, { id, now })).toMatchObject({ state: "closed" });
});

world.describe("a backlog", () => {
  test("costs few calls while the server is away, and one each time it is asked again", async () => {
    await queue(backlog);

    await until(async () => (await countOf("state in ('queued', 'sending')")) === 0, 240);

    const first = await attempts();
    // Four run at one time, so three more may be under way when the fifth failure closes the lane.
    expect(first).toBeWithin(5, 9);
    expect(await lane()).toMatchObject({ state: "closed" });
    for (let round = 1; round <= 3; round++) {
      await passTime();
      await until(async () => (await attempts()) >= first + round, 30);
      await until(async () => (await lane())?.state === "closed", 30);
      expect(await attempts()).toBe(first + round);
    }
    console.error(`${backlog} mails, server away: ${first} calls, then one a time`);
  }, 300_000);

  test("drains in order once the server is back, and what is new goes behind it", async () => {
    const ids = await queue(300);
    await until(async () => (await lane())?.state === "closed", 30);
    await until(async () => (await countOf("state in ('queued', 'sending')")) === 0, 30);
    const waiting = (
      await rows("select id::text as id from gatehouse.deliveries where waits_for = 'mail' order by id")
    ).map((row) => String(row.id));
    expect(waiting.length).toBeGreaterThan(280);
    server = await startScriptedSmtp({}, port);

    await passTime();
    await until(async () => (await countOf("state = 'delivered'")) >= waiting.length, 60);

    const order = (
      await rows(
        "select delivery_id::text as id from gatehouse.delivery_attempts where outcome = 'ok' order by started_at, id",
      )
    ).map((row) => String(row.id));
    // Four run at one time: each is at most so far from its place.
    for (const [place, one] of order.entries())
      expect(Math.abs(waiting.indexOf(one) - place)).toBeLessThanOrEqual(8);
    expect(await lane()).toBeUndefined();
    expect(ids.length).toBe(300);
  }, 120_000);

  test("that waited as long as attempts last is given up, with an alert, and can be sent again", async () => {
    await queue(20);
    await until(async () => (await lane())?.state === "closed", 30);
    await until(async () => (await countOf("state in ('queued', 'sending')")) === 0, 30);
    await kernel.database.executeSql(
      "update gatehouse.deliveries set created_at = now() - interval '28 hours' where waits_for = 'mail'",
    );

    await passTime();
    await until(async () => (await countOf("waits_for = 'mail'")) === 0, 30);

    expect(await countOf("state = 'dead' and last_error = 'away'")).toBeGreaterThan(10);
    expect(world.log.some((line) => line.includes("delivery_dead:owner_email:"))).toBe(true);
  }, 60_000);
});
