import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Alert } from "#/kernel/alerts";
import type { HttpResult } from "#/kernel/http-client";
import { planWebhookEvent } from "#/modules/forms/delivery/webhooks/plan-webhook-event";
import { eraseSubmission } from "#/modules/forms/inbox/handle-submission";
import { contact } from "../../support/sample-posts";
import { joinTeam } from "../../support/team";
import { until } from "../../support/until";
import { localClient, startReceiver } from "../../support/webhook-receiver";
import { openWorld } from "../../support/world";

setDefaultTimeout(30_000);
const receiver = startReceiver();
const world = await openWorld();
const clock = world.kernel?.now;
/** What the team was alerted of; of single deliveries that are dead, other tests tell. */
const raised: Alert[] = [];
afterAll(() => receiver.stop());
beforeEach(() => {
  raised.length = 0;
  world.kernel.alerts = {
    async raise(alert) {
      if (!alert.cause.startsWith("delivery_dead:")) raised.push(alert);
    },
  };
  receiver.reset();
  world.kernel.http = localClient(world.kernel, { isPublic: () => true });
  world.kernel.now = clock;
});

type Endpoint = { id: string; secret: string };
const events = ["submission.received", "submission.erased"];
const dev = () => joinTeam(world, { role: "dev", scope: "dev" });
type Dev = Awaited<ReturnType<typeof dev>>;
const add = async (member: Dev, wishes: object = {}) => {
  const body = { url: receiver.url, forms: [], events, ...wishes };
  const answer = await member.post("/webhooks", body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Endpoint;
};
/** As it is stored: where the clock was moved, no session is good any more. */
const read = async ({ id }: Endpoint) =>
  (await world.traces()).tables.webhook_endpoints?.find((row) => row.id === id);
const send = async (form = "contact") => {
  const answer = await world.post(`/f/${form}`, { ...contact, message: crypto.randomUUID() });
  const { id } = (await answer.json()) as { id: string };
  await world.settled();
  return id;
};
/** The planned attempts are due. */
const passTime = async () => {
  await world.kernel.database.executeSql(
    "update gatehouse_jobs.job_common set start_after = now() where name like 'forms.deliver%'",
  );
  await world.settled();
};
const deliveries = async () =>
  ((await world.traces()).tables.deliveries ?? []).filter(({ channel }) => channel === "webhook");
const days = (count: number) => {
  const then = Date.now() + count * 86_400_000;
  world.kernel.now = () => new Date(then);
};
const actor = { id: 0, origin: { requestId: "a-request", ip: "192.0.2.1", agent: null } };

world.describe("a webhook", () => {
  test("is sent the message, signed so that others can verify it", async () => {
    const { secret } = await add(await dev());

    const id = await send();

    const [{ headers, body } = expect.unreachable()] = receiver.received;
    const [delivery] = await deliveries();
    expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toEqual({
      type: "submission.received",
      timestamp: new Date(String(delivery?.created_at)).toISOString(),
      api_version: "2026-11",
      data: {
        id,
        form: "contact",
        received_at: expect.any(String),
        state: "inbox",
        fields: { ...contact, message: expect.any(String) },
        files: [],
      },
    });
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("webhook-id")).toBe(String(delivery?.id));
    expect(delivery).toMatchObject({ state: "delivered", attempts: 1, remote_id: delivery?.id });
  });

  test("has the signature that the specification describes", async () => {
    const { secret } = await add(await dev());

    await send();

    const [{ headers, body } = expect.unreachable()] = receiver.received;
    const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    expect(key).toHaveLength(32);
    const mac = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers.get("webhook-signature")).toBe(`v1,${mac}`);
  });

  test("hears only of the forms and events that it names", async () => {
    const member = await dev();
    await add(member, { forms: ["demo-request"] });
    await add(member, { events: ["submission.erased"] });

    await send("contact");

    expect(receiver.received).toEqual([]);
    expect(await deliveries()).toEqual([]);
  });

  test("gets the same id, body and a new timestamp on every attempt", async () => {
    const { secret } = await add(await dev());
    receiver.answer(() => new Response("later", { status: 503 }));
    await send();
    days(0.001);
    receiver.answer(() => new Response("thanks"));

    await passTime();

    const [first, second] = receiver.received;
    expect(receiver.received).toHaveLength(2);
    expect(second?.headers.get("webhook-id")).toBe(first?.headers.get("webhook-id") ?? "none");
    expect(second?.body).toBe(first?.body);
    expect(Number(second?.headers.get("webhook-timestamp"))).toBeGreaterThan(
      Number(first?.headers.get("webhook-timestamp")),
    );
    for (const { headers, body } of receiver.received)
      new Webhook(secret).verify(body, Object.fromEntries(headers));
    const { delivery_attempts = [] } = (await world.traces()).tables;
    const attempts = delivery_attempts.filter(({ summary }) => !String(summary).startsWith("250"));
    expect(attempts.map(({ outcome, status, summary }) => ({ outcome, status, summary }))).toEqual(
      expect.arrayContaining([
        { outcome: "retry", status: 503, summary: "http_503: later" },
        { outcome: "ok", status: null, summary: "HTTP 200 thanks" },
      ]),
    );
  });

  test("can be verified with the new and with the former secret for a day, then with the new one alone", async () => {
    const member = await dev();
    const former = await add(member);
    const rotated = (await (
      await member.call(`/webhooks/${former.id}/secrets`, { method: "POST" })
    ).json()) as Endpoint;
    expect(rotated.secret).not.toBe(former.secret);

    await send();
    days(1.01);
    await send();

    const [first, second] = receiver.received.map(({ headers, body }) => (secret: string) => {
      const at = new Date(Number(headers.get("webhook-timestamp")) * 1000);
      const signature = new Webhook(secret).sign(headers.get("webhook-id") ?? "", at, body);
      return headers.get("webhook-signature")?.split(" ").indexOf(signature);
    });
    expect([first?.(rotated.secret), first?.(former.secret)]).toEqual([0, 1]);
    expect([second?.(rotated.secret), second?.(former.secret)]).toEqual([0, -1]);
  });
});

world.describe("a webhook that answers", () => {
  test("410 is disabled at once, its delivery is dead, and the team hears of it", async () => {
    const endpoint = await add(await dev());
    receiver.answer(() => new Response(null, { status: 410 }));

    await send();

    expect(await read(endpoint)).toMatchObject({ disabled_why: "gone", version: 1 });
    expect(await deliveries()).toMatchObject([{ state: "dead", last_error: "http_410" }]);
    expect(raised).toMatchObject([
      { cause: `webhook_disabled:${endpoint.id}`, title: expect.stringContaining("hooks.example.com") },
    ]);
    const { audit_events = [] } = (await world.traces()).tables;
    expect(audit_events.filter(({ event }) => event === "webhook.disabled")).toMatchObject([
      { actor_id: null, subject_id: endpoint.id, data: { why: "gone" } },
    ]);
  });

  test("nothing of use for five days is disabled, and not an hour before", async () => {
    const endpoint = await add(await dev());
    receiver.answer(() => new Response("no", { status: 400 }));
    await send();
    expect(await read(endpoint)).toMatchObject({
      disabled_why: null,
      failing_since: expect.any(String),
    });

    days(4.95);
    await send();
    expect(await read(endpoint)).toMatchObject({ disabled_why: null });
    days(5.01);
    await send();

    expect(await read(endpoint)).toMatchObject({ disabled_why: "failing" });
    expect(raised).toMatchObject([{ cause: `webhook_disabled:${endpoint.id}` }]);
  });

  test("well once in between begins its five days anew", async () => {
    const endpoint = await add(await dev());
    receiver.answer(() => new Response("no", { status: 400 }));
    await send();
    days(3);
    receiver.answer(() => new Response("ok"));
    await send();
    expect(await read(endpoint)).toMatchObject({ failing_since: null });

    days(6);
    receiver.answer(() => new Response("no", { status: 400 }));
    await send();

    expect(await read(endpoint)).toMatchObject({ disabled_why: null });
  });

  test("while disabled misses nothing for good: what came meanwhile is shown, and sent when asked for", async () => {
    const member = await dev();
    const endpoint = await add(member);
    receiver.answer(() => new Response(null, { status: 410 }));
    await send();
    receiver.reset();

    await send();
    expect(receiver.received).toEqual([]);
    const missed = await deliveries();
    expect(missed.map(({ state }) => state).toSorted()).toEqual(["dead", "skipped"]);

    const changed = await member.patch(`/webhooks/${endpoint.id}`, { disabled: false, version: 1 });
    expect(changed.status).toBe(200);
    await send();
    expect(receiver.received).toHaveLength(1);
  });

  test("with a redirect is not followed, and tried no more", async () => {
    await add(await dev());
    receiver.answer(() => Response.redirect(`https://other.example.com:${receiver.port}/inside`, 307));

    await send();

    expect(receiver.received).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: "dead", last_error: "redirected" }]);
  });

  const nuisances: [title: string, answer: () => Response, lastError: string][] = [
    ["more than 64 KB", () => new Response("x".repeat(70_000)), "too_large"],
    [
      "what its encoding does not say",
      () => new Response("no gzip", { headers: { "content-encoding": "gzip" } }),
      "broken",
    ],
    ["500 and a page", () => new Response("<h1>Oops</h1>", { status: 500 }), "http_500"],
    ["429", () => new Response(null, { status: 429, headers: { "retry-after": "120" } }), "rate_limited"],
    ["409", () => new Response(null, { status: 409 }), "http_409"],
  ];
  test.each(nuisances)("%s is asked again later", async (_, answer, lastError) => {
    await add(await dev());
    receiver.answer(answer);

    await send();

    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ state: "retrying", last_error: lastError });
    const wait = Date.parse(String(delivery?.next_at)) - Date.parse(String(delivery?.updated_at));
    expect(wait).toBeWithin(4_000, 120_001);
    if (lastError === "rate_limited") expect(wait).toBe(120_000);
  });
});

world.describe("a webhook that hangs", () => {
  test("is given fifteen seconds and asked again later", async () => {
    await add(await dev());
    receiver.answer(() => Promise.withResolvers<Response>().promise);
    const { http } = world.kernel;
    const limits: unknown[] = [];
    world.kernel.http = {
      call: ({ firstByteMs, totalMs, maxBytes, ...call }) => {
        limits.push({ firstByteMs, totalMs, maxBytes });
        return http.call({ ...call, firstByteMs: 300, totalMs: 300 });
      },
    };

    await send();

    expect(limits).toEqual([{ firstByteMs: 15_000, totalMs: 15_000, maxBytes: 65_536 }]);
    expect(await deliveries()).toMatchObject([{ state: "retrying", attempts: 1, last_error: "timeout" }]);
  });

  test("delays no mail, however many messages wait for it", async () => {
    await add(await dev());
    const hanging = Promise.withResolvers<HttpResult>();
    world.kernel.http = { call: () => hanging.promise };
    const posts = Array.from({ length: 12 }, (_, n) =>
      world.post("/f/contact", { ...contact, message: `Message ${n}` }),
    );
    await Promise.all(posts);

    await until(() => world.mails.length === 12, 25);

    const states = (await deliveries()).map(({ state }) => state);
    expect(states).toHaveLength(12);
    expect(states).not.toContain("delivered");
    hanging.resolve({ kind: "failed", code: "timeout", written: true });
    await world.settled();
  });
});

world.describe("a message that its sender has confirmed", () => {
  test("is told to webhooks that ask for it, once, as a delivery of its own", async () => {
    const member = await dev();
    const endpoint = await add(member, { events: ["submission.confirmed"] });
    await add(member, { forms: ["waitlist"], events: ["submission.confirmed"] });
    const id = await send();
    const confirm = () =>
      world.kernel.db.transaction((tx) =>
        planWebhookEvent(world.kernel, tx, { id, form: "contact", kind: "real" }, "submission.confirmed"),
      );

    await confirm();
    await confirm();
    await world.settled();

    expect(receiver.received).toHaveLength(1);
    const [{ headers, body } = expect.unreachable()] = receiver.received;
    expect(new Webhook(endpoint.secret).verify(body, Object.fromEntries(headers))).toMatchObject({
      type: "submission.confirmed",
      data: { id, fields: { name: contact.name } },
    });
    expect(await deliveries()).toMatchObject([
      { target: `${endpoint.id} submission.confirmed`, state: "delivered" },
    ]);
  });
});

world.describe("the erasure of a message", () => {
  test("is told to the webhook that had it, without anything personal, and not to others", async () => {
    const member = await dev();
    const endpoint = await add(member);
    const id = await send();
    await add(member, { url: `https://later.example.com:${receiver.port}/` });
    receiver.reset();
    receiver.answer(() => new Response("Forgot Ada"));

    await eraseSubmission(world.kernel, actor, id);
    await world.settled();

    expect(receiver.received).toHaveLength(1);
    const [{ headers, body } = expect.unreachable()] = receiver.received;
    expect(new Webhook(endpoint.secret).verify(body, Object.fromEntries(headers))).toMatchObject({
      type: "submission.erased",
      data: { id, form: "contact", state: "erased", fields: {}, files: [] },
    });
    const found = (await deliveries()).find(({ target }) => target === `${endpoint.id} submission.erased`);
    expect(found).toMatchObject({ state: "delivered", attempts: 1 });
    expect(JSON.stringify((await world.traces()).tables.delivery_attempts)).not.toContain("Ada");
  });

  test("that nobody was sent yet is told to nobody", async () => {
    await add(await dev());
    receiver.answer(() => new Response(null, { status: 503 }));
    const held = await send();
    await world.kernel.database.executeSql("update gatehouse.deliveries set attempts = 0, state = 'waiting'");
    receiver.reset();

    await eraseSubmission(world.kernel, actor, held);
    await passTime();

    expect(receiver.received).toEqual([]);
  });
});
