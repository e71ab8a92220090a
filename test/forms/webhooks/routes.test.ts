import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { joinTeam, type Member } from "../../support/team";
import { openWorld } from "../../support/world";

setDefaultTimeout(30_000);
const world = await openWorld();
let dev: Member;
beforeEach(async () => {
  dev = await joinTeam(world, { role: "dev", scope: "dev" });
});

type Webhook = Record<string, unknown> & { id: string; secret: string; version: number };
const wishes = {
  url: "https://hooks.example.com/in?token=planted-in-the-address",
  forms: ["contact"],
  events: ["submission.received"],
};
const add = async (more: object = {}) => {
  const answer = await dev.post("/webhooks", { ...wishes, ...more });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Webhook;
};
const refusal = async (answer: Response) => {
  const { status, code, errors } = (await answer.json()) as Record<string, unknown>;
  return { status, code, ...(errors !== undefined && { errors }) };
};
const auditOf = async (id: string) =>
  ((await world.traces()).tables.audit_events ?? []).filter(({ subject_id }) => subject_id === id);

world.describe("/api/v1/admin/webhooks", () => {
  test("adds a webhook and shows its secret this once", async () => {
    const { secret, ...added } = await add();

    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(added).toEqual({
      id: expect.any(String),
      ...wishes,
      disabled_at: null,
      disabled_why: null,
      failing_since: null,
      rotating_until: null,
      version: 0,
      created_at: expect.any(String),
    });
    expect(await dev.read(`/webhooks/${added.id}`)).toEqual(added);
    expect(await dev.read("/webhooks")).toEqual({ items: [added], next: null });
  });

  test("lists the newest first, page by page", async () => {
    const ids = [(await add()).id, (await add()).id, (await add()).id].toReversed();

    const first = await dev.read<{ items: Webhook[]; next: string }>("/webhooks?limit=2");
    const second = await dev.read<{ items: Webhook[]; next: null }>(`/webhooks?limit=2&after=${first.next}`);

    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
  });

  test("changes what is given and nothing else, for whoever saw the newest version", async () => {
    const { id } = await add();

    const changed = await dev.patch(`/webhooks/${id}`, { forms: [], version: 0 });
    const stale = await dev.patch(`/webhooks/${id}`, { forms: ["waitlist"], version: 0 });

    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ ...wishes, forms: [], version: 1 });
    expect(await refusal(stale)).toEqual({ status: 409, code: "version_conflict" });
    expect(await dev.read(`/webhooks/${id}`)).toMatchObject({ forms: [], version: 1 });
  });

  test("disables and enables", async () => {
    const { id } = await add();

    const off = await (await dev.patch(`/webhooks/${id}`, { disabled: true, version: 0 })).json();
    const on = await (await dev.patch(`/webhooks/${id}`, { disabled: false, version: 1 })).json();

    expect(off).toMatchObject({ disabled_why: "by_hand", disabled_at: expect.any(String), version: 1 });
    expect(on).toMatchObject({ disabled_why: null, disabled_at: null, version: 2 });
  });

  test("gives a new secret, and says until when the former one signs along", async () => {
    const { id, secret } = await add();

    const answer = await dev.call(`/webhooks/${id}/secrets`, { method: "POST" });

    expect(answer.status).toBe(201);
    const rotated = (await answer.json()) as Webhook & { rotating_until: string };
    expect(rotated.secret).not.toBe(secret);
    const hours = (Date.parse(rotated.rotating_until) - Date.now()) / 3_600_000;
    expect(hours).toBeWithin(23.9, 24.01);
  });

  test("removes", async () => {
    const { id } = await add();

    const removed = await dev.call(`/webhooks/${id}`, { method: "DELETE" });

    expect(removed.status).toBe(204);
    expect(await refusal(await dev.call(`/webhooks/${id}`))).toEqual({ status: 404, code: "not_found" });
    expect(await dev.read("/webhooks")).toEqual({ items: [], next: null });
  });

  test("tells the audit of each change, and neither it nor the log nor the table of a secret", async () => {
    const { id, secret } = await add();
    await dev.patch(`/webhooks/${id}`, { disabled: true, version: 0 });
    const rotated = (await (await dev.call(`/webhooks/${id}/secrets`, { method: "POST" })).json()) as Webhook;
    await dev.call(`/webhooks/${id}`, { method: "DELETE" });

    const events = await auditOf(id);
    expect(events.map(({ event }) => event).toSorted()).toEqual([
      "webhook.changed",
      "webhook.created",
      "webhook.removed",
      "webhook.secret_rotated",
    ]);
    expect(events.every(({ actor_id }) => actor_id === dev.person.id)).toBe(true);
    expect(events.find(({ event }) => event === "webhook.changed")).toMatchObject({
      data: {
        before: { host: "hooks.example.com", forms: ["contact"], disabled: null },
        after: { host: "hooks.example.com", forms: ["contact"], disabled: "by_hand" },
      },
    });
    const left = JSON.stringify([await world.traces(), world.log]);
    for (const planted of [secret, rotated.secret, "planted-in-the-address"]) {
      expect(left).not.toContain(planted);
      expect(left).not.toContain(planted.slice("whsec_".length));
    }
  });

  test("keeps a secret sealed", async () => {
    const { secret } = await add();

    const [row] = (await world.traces()).tables.webhook_endpoints ?? [];

    expect(row).toMatchObject({ secrets: [{ sealed: expect.stringMatching(/^v1\./) }] });
    expect(JSON.stringify(row)).not.toContain(secret.slice("whsec_".length));
  });

  const urls: [url: string, code: string][] = [
    ["hooks.example.com", "invalid_url"],
    ["https://", "invalid_url"],
    ["http://hooks.example.com/", "not_https"],
    ["file:///etc/passwd", "not_https"],
    ["https://ada:secret@hooks.example.com/", "has_credentials"],
    ["https://ada@hooks.example.com/", "has_credentials"],
    [`https://hooks.example.com/${"a".repeat(2_048)}`, "too_long"],
    [`https://hooks.example.com/${"ü".repeat(1_000)}`, "too_long"],
    ["https://localhost/", "private_address"],
    ["https://printer.local./", "private_address"],
    ["https://intranet/", "private_address"],
    ["https://127.1/", "private_address"],
    ["https://0x7f000001/", "private_address"],
    ["https://10.0.0.1/", "private_address"],
    ["https://169.254.169.254/", "private_address"],
    ["https://[::1]/", "private_address"],
    ["https://[::ffff:10.0.0.1]/", "private_address"],
    ["https://[fd00::1]/", "private_address"],
  ];
  test.each(urls)("refuses the address %s, also in a change, and changes nothing", async (url, code) => {
    const { id } = await add();
    const before = await world.traces();

    const added = await dev.post("/webhooks", { ...wishes, url });
    const changed = await dev.patch(`/webhooks/${id}`, { url, version: 0 });

    for (const answer of [added, changed])
      expect(await refusal(answer)).toEqual({
        status: 422,
        code: "invalid",
        errors: [{ field: "url", code, detail: expect.any(String) }],
      });
    expect(await world.traces()).toEqual(before);
  });

  const others: [title: string, wish: object, field: string, code: string][] = [
    ["a form that is not there", { forms: ["contact", "contcat"] }, "forms.1", "unknown_form"],
    ["no event", { events: [] }, "events", "too_few"],
    ["an unknown event", { events: ["submission.read"] }, "events.0", "not_an_option"],
  ];
  test.each(others)("refuses %s", async (_, wish, field, code) => {
    const answer = await dev.post("/webhooks", { ...wishes, ...wish });

    expect(await refusal(answer)).toMatchObject({ status: 422, errors: [{ field, code }] });
  });

  test("takes fifty and no more", async () => {
    for (let n = 0; n < 50; n++) await add();

    const answer = await dev.post("/webhooks", wishes);

    expect(await refusal(answer)).toEqual({ status: 409, code: "too_many_webhooks" });
  });
});
