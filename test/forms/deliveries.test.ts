import { afterEach, expect, test } from "bun:test";
import { deliverSubmission } from "#/modules/forms/delivery/deliver-submission";
import { correctVerdict, eraseSubmission } from "#/modules/forms/inbox/handle-submission";
import { contact } from "../support/sample-posts";
import { type Script, startScriptedSmtp } from "../support/smtp";
import { until } from "../support/until";
import { openWorld } from "../support/world";

type Server = Awaited<ReturnType<typeof startScriptedSmtp>>;

// Its address is known before the service starts, and nobody is there until a test says so.
const vacant = await startScriptedSmtp({});
await vacant.stop();
const port = Number(new URL(vacant.url).port);
const world = await openWorld({ env: { SMTP_URL: vacant.url } });

let server: Server | undefined;
const listen = async (script: Script = {}) => {
  server = await startScriptedSmtp(script, port);
  return server;
};
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** The moment of the planned attempt has come. */
const passTime = async () => {
  await world.kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name in ('forms.deliver', 'forms.tend_lane')",
  );
  await world.settled();
};
const ledger = async () => {
  const { deliveries = [], delivery_attempts = [] } = (await world.traces()).tables;
  return { delivery: deliveries[0], attempts: delivery_attempts.sort((a, b) => Number(a.n) - Number(b.n)) };
};
const send = async () => {
  const answer = await world.post("/f/contact", contact);
  await world.settled();
  return answer;
};

world.describe("a mail", () => {
  test("that nobody takes is tried again in five seconds, and the visitor hears nothing of it", async () => {
    const before = Date.now();

    const answer = await send();

    expect(answer.status).toBe(200);
    const { delivery, attempts } = await ledger();
    expect(delivery).toMatchObject({
      channel: "owner_email",
      target: "team@example.com",
      state: "retrying",
      attempts: 1,
      remote_id: null,
      last_error: "connection",
    });
    const wait = Date.parse(String(delivery?.next_at)) - Date.parse(String(delivery?.updated_at));
    expect(wait).toBeWithin(4000, 6001);
    expect(Date.parse(String(delivery?.next_at))).toBeGreaterThan(before);
    expect(attempts).toMatchObject([{ n: 1, outcome: "retry", status: null }]);
    expect((await world.traces()).jobs).toMatchObject([
      { name: "forms.deliver", data: { deliveryId: delivery?.id } },
    ]);
  });

  test("arrives once when the server is back, with both attempts in the ledger", async () => {
    await send();
    const { seen } = await listen();

    await passTime();

    expect(seen.filter((stage) => stage === "end")).toHaveLength(1);
    const { delivery, attempts } = await ledger();
    expect(delivery).toMatchObject({ state: "delivered", attempts: 2, next_at: null, last_error: null });
    expect(delivery?.remote_id).toBe(`<${delivery?.id}@example.com>`);
    expect(attempts).toMatchObject([
      { n: 1, outcome: "retry" },
      { n: 2, outcome: "ok", summary: "250 kept" },
    ]);
    expect((await world.traces()).jobs).toEqual([]);
  });

  test("that is put off is tried again", async () => {
    await listen({ RCPT: "451 greylisted" });

    await send();

    expect(await ledger()).toMatchObject({
      delivery: { state: "retrying", last_error: "smtp_451" },
      attempts: [{ outcome: "retry", status: 451, summary: "smtp_451: 451 greylisted" }],
    });
  });

  test("that is refused for good is not tried again, and the reason is kept and logged", async () => {
    await listen({ RCPT: "550 no such mailbox" });

    await send();

    expect(await ledger()).toMatchObject({
      delivery: { state: "dead", attempts: 1, next_at: null, last_error: "unknown_recipient" },
      attempts: [
        { n: 1, outcome: "refused", status: 550, summary: "unknown_recipient: 550 no such mailbox" },
      ],
    });
    expect((await world.traces()).jobs).toEqual([]);
    expect(world.log.filter((line) => line.includes("forms.delivery_dead"))).toHaveLength(1);
  });

  test("whose answer is lost is repeated once and no more", async () => {
    const { seen } = await listen({ end: "drop" });

    await send();
    await passTime();
    await passTime();

    expect(seen.filter((stage) => stage === "end")).toHaveLength(2);
    expect(await ledger()).toMatchObject({
      delivery: { state: "dead", attempts: 2 },
      attempts: [{ outcome: "uncertain" }, { outcome: "uncertain" }],
    });
  });

  test("is given up after eight attempts", async () => {
    await send();

    for (let attempt = 2; attempt <= 8; attempt++) await passTime();

    const { delivery, attempts } = await ledger();
    expect(delivery).toMatchObject({ state: "dead", attempts: 8, next_at: null });
    expect(attempts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await world.traces()).jobs).toEqual([]);
  }, 20_000);

  test("whose job runs a second time after it arrived is not sent again", async () => {
    const { seen } = await listen();
    await send();
    const { delivery } = await ledger();

    await deliverSubmission.run(world.kernel, { deliveryId: String(delivery?.id) });

    expect(seen.filter((stage) => stage === "end")).toHaveLength(1);
  });
});

world.describe("a mail on its way", () => {
  const actor = { id: 0, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };
  /** Posted, and taken by a server that does not go on. */
  const hang = async () => {
    const hanging = await listen({ RCPT: "hang" });
    const answer = await world.post("/f/contact", contact);
    const { id } = (await answer.json()) as { id: string };
    await until(async () => hanging.seen.includes("RCPT"), 10);
    return { id, drop: hanging.dropAll };
  };

  test("is not tried again when its message has become spam", async () => {
    const { id, drop } = await hang();
    await correctVerdict(world.kernel, actor, id, { state: "spam", version: 0 });

    drop();
    await world.settled();

    expect(await ledger()).toMatchObject({
      delivery: { state: "cancelled", next_at: null },
      attempts: [{ n: 1 }],
    });
    expect((await world.traces()).jobs).toEqual([]);
  });

  test("is not tried again, and its answer not kept, when its message was erased", async () => {
    const { id, drop } = await hang();
    await eraseSubmission(world.kernel, actor, id);

    drop();
    await world.settled();

    expect(await ledger()).toMatchObject({ delivery: { state: "cancelled", next_at: null }, attempts: [] });
    expect((await world.traces()).jobs).toEqual([]);
  });

  test("that a crash left over is not sent for a message that is spam by now", async () => {
    const { seen } = await listen();
    await send();
    const { delivery } = await ledger();
    const id = String(delivery?.submission_id);
    await correctVerdict(world.kernel, actor, id, { state: "spam", version: 0 });
    await world.kernel.database.executeSql("update gatehouse.deliveries set state = 'sending'");
    seen.length = 0;

    await deliverSubmission.run(world.kernel, { deliveryId: String(delivery?.id) });

    expect(seen).toEqual([]);
    expect(await ledger()).toMatchObject({ delivery: { state: "cancelled" } });
  });
});
