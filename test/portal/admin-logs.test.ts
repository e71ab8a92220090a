import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);
const run = (statement: string) => world.kernel.database.executeSql(statement);

type Item = {
  id: string;
  at: string;
  event: string;
  actor: number | null;
  subject: { type: string; id: string };
  outcome: string;
  request_id: string | null;
};

async function asDev() {
  const dev = await createPerson(world, { role: "dev" });
  return signIn(world, dev, { scope: "dev", otp: "000000" });
}

const requestId = "0199f3c2-5b1e-7000-8000-0000000000a1";
const someEvents = () =>
  run(`
    insert into gatehouse.audit_events (at, event, actor_id, subject_type, subject_id, outcome, request_id, data)
    select now() - (41 - n) * interval '1 hour', (array['session.opened', 'session.refused', 'account.verified'])[1 + n % 3],
      case when n % 4 > 0 then 9000 + n % 4 end, (array['user', 'session'])[1 + n % 2], (n % 5)::text,
      case when n % 3 = 1 then 'refused' else 'ok' end, case when n % 6 = 0 then '${requestId}' end, '{}'
    from generate_series(1, 40) n`);

world.describe("GET /api/v1/admin/logs", () => {
  test("filters as a filter in the test does, page by page, newest first", async () => {
    await someEvents();
    const as = await asDev();
    const all = (await ask("GET", "admin/logs?limit=200", { as })).body.items as Item[];
    const ids = new Set(all.map(({ id }) => id));
    const middle = all[20]!.at;
    const filters: { query: Record<string, string>; keeps: (item: Item) => boolean }[] = [
      { query: {}, keeps: () => true },
      { query: { event: "session." }, keeps: ({ event }) => event.startsWith("session.") },
      { query: { event: "account.verified" }, keeps: ({ event }) => event === "account.verified" },
      { query: { actor: "9002" }, keeps: ({ actor }) => actor === 9002 },
      { query: { subject: "user:3" }, keeps: ({ subject }) => subject.type === "user" && subject.id === "3" },
      { query: { outcome: "refused" }, keeps: ({ outcome }) => outcome === "refused" },
      { query: { outcome: "ok" }, keeps: ({ outcome }) => outcome === "ok" },
      { query: { request_id: requestId }, keeps: (item) => item.request_id === requestId },
      {
        query: { event: "session.", actor: "9001" },
        keeps: (item) => /^session\./.test(item.event) && item.actor === 9001,
      },
      {
        query: { actor: "9003", outcome: "ok", subject: "user:1" },
        keeps: ({ actor, outcome, subject }) =>
          actor === 9003 && outcome === "ok" && subject.type === "user" && subject.id === "1",
      },
      { query: { from: middle }, keeps: ({ at }) => at >= middle },
      { query: { to: middle }, keeps: ({ at }) => at < middle },
      { query: { actor: "9999999" }, keeps: () => false },
    ];

    for (const { query, keeps } of filters)
      for (const limit of [3, 200]) {
        const found: Item[] = [];
        let after: string | null = null;
        do {
          const asked = new URLSearchParams({ ...query, limit: String(limit), ...(after && { after }) });
          const { status, body } = await ask("GET", `admin/logs?${asked}`, { as });
          expect([query, status]).toEqual([query, 200]);
          found.push(...body.items);
          after = body.next;
        } while (after !== null);
        // Reading is recorded itself: what came since is left out.
        const known = found.filter(({ id }) => ids.has(id)).map(({ id }) => id);
        expect({ query, limit, known }).toEqual({
          query,
          limit,
          known: all.filter(keeps).map(({ id }) => id),
        });
        const order = found.map(({ id }) => Number(id));
        expect(order).toEqual([...order].sort((a, b) => b - a));
      }
  }, 120_000);

  test("looks 30 days back unless told, and is itself recorded, once a look", async () => {
    const as = await asDev();
    await run(`insert into gatehouse.audit_events (at, event, subject_type, subject_id, outcome, data)
      values (now() - interval '31 days', 'account.verified', 'user', '1', 'ok', '{}')`);

    const lately = await ask("GET", "admin/logs?event=account.verified", { as });
    const earlier = await ask("GET", "admin/logs?event=account.verified&from=2020-01-01", { as });
    const first = await ask("GET", "admin/logs?limit=1", { as });
    await ask("GET", `admin/logs?limit=1&after=${first.body.next}`, { as });

    expect(lately.body.items).toEqual([]);
    expect(earlier.body.items).toHaveLength(1);
    const recorded = (await world.traces()).tables.audit_events?.filter(
      ({ event }) => event === "admin.logs_exported",
    );
    expect(recorded?.map(({ data }) => data)).toEqual([
      { filters: ["event"] },
      { filters: ["event", "from"] },
      { filters: [] },
    ]);
  });

  test("refuses a cursor that is broken or of other filters", async () => {
    await someEvents();
    const as = await asDev();
    const { next } = (await ask("GET", "admin/logs?limit=1&event=session.", { as })).body;

    for (const query of [
      `after=${next}`,
      `event=session.&after=${next}x`,
      "after=.",
      `event=account.&after=${next}`,
    ])
      expect((await ask("GET", `admin/logs?${query}`, { as })).code).toBe("bad_cursor");
    expect((await ask("GET", `admin/logs?limit=1&event=session.&after=${next}`, { as })).status).toBe(200);
  });

  test.each([
    "event=session",
    "actor=x",
    "subject=user",
    "outcome=maybe",
    "from=yesterday",
    "from=2026-02-30",
    "limit=0",
  ])("refuses ?%s", async (query) => {
    expect((await ask("GET", `admin/logs?${query}`, { as: await asDev() })).status).toBe(422);
  });
});

world.describe("GET /api/v1/admin/summary", () => {
  test("counts what is there", async () => {
    const as = await asDev();
    await createPerson(world, { role: "editor" });
    await createPerson(world, { verified: false });
    const old = await createPerson(world, { disabled: true });
    await run(`update gatehouse.users set created_at = now() - interval '8 days' where id = ${old.id}`);
    await ask("POST", "auth/login", { body: { email: old.email, password: "wrong" } });
    await world.post("/api/contact", { name: "Ada", email: "ada@example.com", message: "Hello" });
    await world.settled();

    const { status, body } = await ask("GET", "admin/summary", { as });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      users: { total: 4, verified: 3, disabled: 1, by_role: { user: 2, editor: 1, dev: 1 }, new_7d: 3 },
      sessions: { open: 1 },
      sign_ins: { ok_24h: 1, refused_24h: 1 },
      submissions: { new: 1, "24h": 1, held: 0 },
      deliveries: { waiting: 0, failed: 0 },
      runners: { active: 0, queued: 0 },
      build: { version: expect.any(String), since: expect.stringMatching(/Z$/) },
    });
    const { sealed_seq, unsealed } = body.audit;
    expect(sealed_seq + unsealed).toBeGreaterThanOrEqual(2);
  });
});

world.describe("admin/allowed-emails", () => {
  const list = async (as: { access_token: string }, query = "") =>
    (await ask("GET", `admin/allowed-emails${query}`, { as })).body;

  test("are added, noted, listed in pages and taken off, and each change is recorded", async () => {
    const as = await asDev();
    const allow = (pattern: string, note?: string) =>
      ask("POST", "admin/allowed-emails", { as, body: { pattern, ...(note && { note }) } });

    const added = await allow(" Ada@Example.com ", "the author");
    await allow("@Agency.example");
    await allow("ada@example.com", "our author");
    const page = await list(as, "?limit=1");
    const rest = await list(as, `?limit=1&after=${page.next}`);
    const register = { email: "eve@agency.example", password: "correct horse battery", username: "eve-a" };
    const registered = await world.post("/v1/accounts/register", register);
    const remove = (pattern: string) =>
      ask("DELETE", `admin/allowed-emails?pattern=${encodeURIComponent(pattern)}`, { as });
    const removed = await remove("@AGENCY.example");
    const again = await remove("@agency.example");
    const refused = await world.post("/v1/accounts/register", { ...register, email: "b@agency.example" });

    expect([added.status, added.body]).toEqual([201, { pattern: "ada@example.com", note: "the author" }]);
    expect(page.items).toMatchObject([{ pattern: "@agency.example", note: "" }]);
    expect(rest).toMatchObject({ items: [{ pattern: "ada@example.com", note: "our author" }], next: null });
    expect(registered.status).toBe(201);
    expect([removed.status, again.status]).toEqual([200, 404]);
    expect(await refused.json()).toMatchObject({ error: { message: "Email not whitelisted" } });
    const changes = (await world.traces()).tables.audit_events?.filter(
      ({ event }) => event === "admin.allowlist_changed",
    );
    expect(changes?.map(({ data }) => data)).toEqual([
      { change: "added" },
      { change: "added" },
      { change: "added" },
      { change: "removed" },
    ]);
    expect(JSON.stringify(changes)).not.toContain("example");
  });

  test.each(["nothing", "@", "a b@example.com", "@-x.example", "*@example.com@"])(
    "refuse %p",
    async (pattern) => {
      const as = await asDev();
      const { status, fields } = await ask("POST", "admin/allowed-emails", { as, body: { pattern } });
      expect([status, fields]).toEqual([422, ["pattern"]]);
    },
  );
});
