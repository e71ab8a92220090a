import { expect, test } from "bun:test";
import { generateKeyPairSync, sign } from "node:crypto";
import { isSuppressed } from "#/kernel/mail";
import { isSignedBySendgrid, readWebhookKey } from "#/modules/forms/delivery/sendgrid-signature";
import { setDeliveryOutcome } from "#/modules/forms/queries";
import { contact } from "../support/sample-posts";
import { openWorld } from "../support/world";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const world = await openWorld({
  env: {
    SENDGRID_WEBHOOK_KEY: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    FORMS_CONFIRMATION: "contact",
  },
});
const closed = await openWorld();

const now = () => String(Math.floor(Date.now() / 1000));
const signedBy = (key: typeof privateKey, body: string, timestamp: string) => ({
  "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(timestamp + body), key).toString(
    "base64",
  ),
  "x-twilio-email-event-webhook-timestamp": timestamp,
});
const tell = (events: unknown, headers?: Record<string, string>) => {
  const body = typeof events === "string" ? events : JSON.stringify(events);
  return world.send("/webhooks/sendgrid", {
    method: "POST",
    headers: { "content-type": "application/json", ...(headers ?? signedBy(privateKey, body, now())) },
    body,
  });
};

type Row = Record<string, unknown>;
const ledger = async () => {
  const { deliveries = [], delivery_attempts = [] } = (await world.traces()).tables;
  const of = (channel: string) => {
    const delivery = deliveries.find((row) => row.channel === channel) as Row;
    const attempts = delivery_attempts
      .filter(({ delivery_id }) => delivery_id === delivery.id)
      .sort((a, b) => Number(a.n) - Number(b.n));
    return { delivery, attempts };
  };
  return { owner: of("owner_email"), visitor: of("visitor_email") };
};
/** A message whose two mails were taken by the server. */
const deliver = async () => {
  expect((await world.post("/f/contact", contact)).status).toBe(200);
  await world.settled();
  const { owner, visitor } = await ledger();
  expect([owner.delivery.state, visitor.delivery.state]).toEqual(["delivered", "delivered"]);
  return { owner: String(owner.delivery.id), visitor: String(visitor.delivery.id) };
};
const suppressed = (address: string) => isSuppressed(world.kernel.db, world.kernel.config, [address]);
const bounce = {
  event: "bounce",
  email: "x@example.net",
  type: "bounce",
  reason: "550 5.1.1 unknown\r\nuser",
};

test("a signature is right as SendGrid makes it", () => {
  // From their own library, @sendgrid/eventwebhook 7.2.6.
  const key = readWebhookKey(
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==",
  );
  const body = Buffer.from(
    JSON.stringify({ category: "example_payload", event: "test_event", message_id: "message_id" }),
  );
  const headers = new Headers({
    "x-twilio-email-event-webhook-timestamp": "1588788367",
    "x-twilio-email-event-webhook-signature":
      "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
  });
  const at = (seconds: number) => new Date((1588788367 + seconds) * 1000);

  expect([0, 300, -300].map((late) => isSignedBySendgrid(key, headers, body, at(late)))).toEqual([
    true,
    true,
    true,
  ]);
  expect([301, -301].map((late) => isSignedBySendgrid(key, headers, body, at(late)))).toEqual([false, false]);
  expect(isSignedBySendgrid(key, headers, Buffer.concat([body, Buffer.from(" ")]), at(0))).toBe(false);
});

closed.describe("without SENDGRID_WEBHOOK_KEY", () => {
  test("the address does not exist", async () => {
    const answer = await closed.send("/webhooks/sendgrid", { method: "POST", body: "[]" });

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: "not_found" });
  });
});

world.describe("events of SendGrid", () => {
  test("a mail to the visitor that bounced is dead, with the words of the other side, and stays the last one", async () => {
    const { visitor } = await deliver();

    const answer = await tell([
      { ...bounce, delivery: visitor },
      { event: "open", delivery: visitor },
    ]);

    expect(answer.status).toBe(202);
    expect(await answer.text()).toBe("");
    const { visitor: it } = await ledger();
    expect(it.delivery).toMatchObject({ state: "dead", last_error: "bounced", next_at: null });
    expect(it.attempts).toMatchObject([
      { n: 1, outcome: "ok" },
      { n: 2, outcome: "bounced", summary: "bounced: 550 5.1.1 unknown user" },
    ]);
    expect(await suppressed("ADA@example.com")).toEqual(new Set(["ADA@example.com"]));
    expect(await suppressed("x@example.net")).toEqual(new Set());
  });

  test("told twice, they count once", async () => {
    const { visitor } = await deliver();

    for (let i = 0; i < 2; i++) expect((await tell([{ ...bounce, delivery: visitor }])).status).toBe(202);

    expect((await ledger()).visitor.attempts).toHaveLength(2);
  });

  test("a mail to the team that came back raises an alert, and the team is written to all the same", async () => {
    const { owner } = await deliver();

    await tell([{ ...bounce, delivery: owner }]);

    expect((await ledger()).owner.delivery).toMatchObject({ state: "dead", last_error: "bounced" });
    expect(await suppressed("team@example.com")).toEqual(new Set());
    expect(world.log.some((line) => line.includes("alert.raised"))).toBe(true);
  });

  test.each([
    [{ event: "spamreport" }, "complained", true],
    [{ event: "dropped", reason: "Bounced Address" }, "bounced", true],
    [{ event: "dropped", reason: "Spam Reporting Address" }, "bounced", true],
    [{ event: "dropped", reason: "Unsubscribed Address" }, "bounced", true],
    [{ event: "dropped", reason: "Recipient List over Package Quota" }, "bounced", false],
    [{ event: "bounce", type: "blocked", reason: "IP on a list" }, "bounced", false],
  ])("%j is %s; the address is given up: %p", async (event, error, isGivenUp) => {
    const { visitor } = await deliver();

    await tell([{ ...event, delivery: visitor }]);

    expect((await ledger()).visitor.delivery).toMatchObject({ state: "dead", last_error: error });
    expect((await suppressed("ada@example.com")).size).toBe(isGivenUp ? 1 : 0);
  });

  test("what is signed and means nothing to us is taken and left alone", async () => {
    const { visitor } = await deliver();
    const before = (await world.traces()).tables;

    const odd = [
      "",
      "{",
      "null",
      "{}",
      "[[[",
      "[null, 1, []]",
      "[".repeat(5_000),
      `[{"event":"bounce","delivery":"' or 1=1"}]`,
      JSON.stringify([{ ...bounce, delivery: Bun.randomUUIDv7() }]),
      JSON.stringify([
        { event: "delivered", delivery: visitor },
        { event: "bounce", delivery: [visitor] },
      ]),
    ];
    for (const body of odd) expect([body, (await tell(body)).status]).toEqual([body, 202]);

    expect((await world.traces()).tables).toEqual(before);
  });

  test("what is not signed, or wrongly, or too old, changes nothing", async () => {
    const { visitor } = await deliver();
    const before = (await world.traces()).tables;
    const events = [{ ...bounce, delivery: visitor }];
    const body = JSON.stringify(events);
    const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
    const old = String(Number(now()) - 400);
    const good = signedBy(privateKey, body, now());

    for (const headers of [
      {},
      signedBy(other, body, now()),
      signedBy(privateKey, `${body} `, now()),
      signedBy(privateKey, body, old),
      { ...good, "x-twilio-email-event-webhook-timestamp": old },
      { ...good, "x-twilio-email-event-webhook-signature": "AAAA" },
      { ...good, "x-twilio-email-event-webhook-signature": "x".repeat(5_000) },
    ]) {
      const answer = await tell(events, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: "bad_signature" });
    }
    expect((await tell("a".repeat(1_100_000), good)).status).toBe(413);

    expect((await world.traces()).tables).toEqual(before);
  });

  test("a bounce that is faster than our own note of the sending wins", async () => {
    const { visitor } = await deliver();
    await world.kernel.database.executeSql(
      `update gatehouse.deliveries set state = 'sending' where id = '${visitor}'`,
    );

    await tell([{ ...bounce, delivery: visitor }]);
    const result = { kind: "ok" as const, value: { messageId: "<late@example.com>" } };
    const late = {
      state: "delivered" as const,
      attempts: 1,
      nextAt: undefined,
      turn: 0,
      waitsFor: undefined,
      result,
      at: new Date(),
    };
    const isLate = !(await setDeliveryOutcome(world.kernel.db, { id: visitor, turn: 0 }, late));

    expect(isLate).toBe(true);
    expect((await ledger()).visitor.delivery).toMatchObject({ state: "dead", last_error: "bounced" });
  });
});
