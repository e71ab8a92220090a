import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, type Person, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const ask = asking(world);
const run = (statement: string) => world.kernel.database.executeSql(statement);
const asDev = async (person?: Person) =>
  signIn(world, person ?? (await createPerson(world, { role: "dev" })), { scope: "dev", otp: "000000" });
const patch = (as: Tokens, { id }: { id: number }, body: object) =>
  ask("PATCH", `admin/users/${id}`, { as, body });

type Item = {
  id: number;
  email: string;
  username: string;
  role: string;
  verified: boolean;
  disabled: boolean;
  registered_via: string;
  created_at: string;
};

world.describe("GET /api/v1/admin/users", () => {
  const vias = ["publishing", "portal", "cli", "import"] as const;
  const roles = ["user", "user", "editor", "dev"] as const;

  /** Every filter by itself and in pairs. */
  const filters: { query: Record<string, string>; keeps: (item: Item) => boolean }[] = [
    { query: {}, keeps: () => true },
    { query: { role: "user" }, keeps: ({ role }) => role === "user" },
    { query: { role: "dev" }, keeps: ({ role }) => role === "dev" },
    { query: { verified: "true" }, keeps: ({ verified }) => verified },
    { query: { verified: "false" }, keeps: ({ verified }) => !verified },
    { query: { disabled: "true" }, keeps: ({ disabled }) => disabled },
    {
      query: { disabled: "false", role: "editor" },
      keeps: ({ disabled, role }) => !disabled && role === "editor",
    },
    { query: { via: "import" }, keeps: ({ registered_via }) => registered_via === "import" },
    { query: { q: "AN" }, keeps: ({ email, username }) => /^an/i.test(email) || /^an/i.test(username) },
    { query: { q: "a_" }, keeps: ({ email, username }) => /^a_/i.test(email) || /^a_/i.test(username) },
    { query: { q: "%%" }, keeps: () => false },
    {
      query: { q: "an", verified: "false" },
      keeps: (item) => /^an/i.test(item.email + item.username) && !item.verified,
    },
    { query: { created_from: "2026-03-02" }, keeps: ({ created_at }) => created_at >= "2026-03-02" },
    {
      query: { created_from: "2026-03-02", created_to: "2026-03-04T00:00:00Z" },
      keeps: ({ created_at }) => created_at >= "2026-03-02" && created_at < "2026-03-04",
    },
  ];

  test("filters as a filter in the test does, page by page, newest first", async () => {
    const dev = await createPerson(world, { role: "dev", email: "team@example.com", username: "team-dev" });
    const as = await asDev(dev);
    await run(`
      insert into gatehouse.users
        (email, email_key, username, username_key, role, registered_via, verified_at, disabled_at, created_at)
      select name || n || '@example.com', lower(name) || n || '@example.com', 'u' || n || name, 'u' || n || lower(name),
        (array['${roles.join("','")}'])[1 + n % 4], (array['${vias.join("','")}'])[1 + n % 4],
        case when n % 3 > 0 then now() end, case when n % 5 = 0 then now() end,
        '2026-03-01T00:00:00Z'::timestamptz + n * interval '5 hours'
      from generate_series(1, 24) n, lateral (select (array['An', 'a_', 'ab', 'Bob'])[1 + n % 4] as name) names`);
    const all = (await ask("GET", "admin/users?limit=200", { as })).body.items as Item[];

    expect(all).toHaveLength(25);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => b - a));
    for (const { query, keeps } of filters)
      for (const limit of [1, 7, 200]) {
        const found: Item[] = [];
        let after: string | null = null;
        do {
          const asked = new URLSearchParams({ ...query, limit: String(limit), ...(after && { after }) });
          const { status, body } = await ask("GET", `admin/users?${asked}`, { as });
          expect([status, body.items.length <= limit]).toEqual([200, true]);
          found.push(...body.items);
          after = body.next;
        } while (after !== null);
        expect({ query, limit, found }).toEqual({ query, limit, found: all.filter(keeps) });
      }
  }, 120_000);

  test("refuses a cursor that is broken, of other filters, or of another list", async () => {
    const as = await asDev();
    await createPerson(world);
    const { next } = (await ask("GET", "admin/users?limit=1", { as })).body;
    await ask("GET", "admin/logs", { as });
    const foreign = (await ask("GET", "admin/logs?limit=1", { as })).body.next;

    const fine = await ask("GET", `admin/users?limit=1&after=${next}`, { as });
    const refusals = await Promise.all(
      [
        `after=${next.slice(0, -1)}`,
        "after=x",
        `after=${next}&role=dev`,
        `after=${foreign}`,
        `after=${btoa('{"k":1}')}.x`,
      ].map(async (query) => {
        const { status, code } = await ask("GET", `admin/users?${query}`, { as });
        return [status, code];
      }),
    );

    expect(fine.status).toBe(200);
    expect(foreign).toBeString();
    expect(refusals).toEqual(Array(5).fill([422, "bad_cursor"]));
  });

  test.each([
    "q=a",
    "limit=0",
    "limit=201",
    "limit=1e2",
    "role=root",
    "verified=yes",
    "created_from=2026-13-01",
  ])("refuses ?%s", async (query) => {
    expect((await ask("GET", `admin/users?${query}`, { as: await asDev() })).status).toBe(422);
  });

  test("shows an account with its last events, and no hash", async () => {
    const as = await asDev();
    const person = await createPerson(world);
    await signIn(world, person);

    const { status, body } = await ask("GET", `admin/users/${person.id}`, { as });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: person.id,
      disabled: false,
      registered_via: "portal",
      github_login: null,
      sessions_open: 1,
      recent_events: [{ event: "session.opened", outcome: "ok", actor: person.id }],
    });
    expect(JSON.stringify(body)).not.toContain("argon2");
    for (const id of ["0", "01", "1e3", "0x10", "2147483648", "9999999999", "99", "x"])
      expect((await ask("GET", `admin/users/${id}`, { as })).status).toBe(404);
  });
});

world.describe("PATCH /api/v1/admin/users/:id", () => {
  test.each([
    ["role", { role: "editor" }, "account.role_changed", "role_changed"],
    ["disabled", { disabled: true }, "account.disabled", "disabled"],
  ])("a change of %s ends access at once and is recorded", async (_, body, event, why) => {
    const dev = await createPerson(world, { role: "dev" });
    const as = await asDev(dev);
    const person = await createPerson(world);
    const theirs = await signIn(world, person);

    const changed = await patch(as, person, body);
    const access = await ask("GET", "users/me", { as: theirs });
    const refresh = await ask("POST", "auth/refresh", { body: { refresh_token: theirs.refresh_token } });

    expect(changed.body).toMatchObject({ ...body, sessions_open: 0 });
    expect([access.code, refresh.code]).toEqual(["token_revoked", "refresh_invalid"]);
    const { tables } = await world.traces();
    expect(tables.sessions?.find(({ user_id }) => user_id === person.id)?.revoked_why).toBe(why);
    const recorded = tables.audit_events?.filter((one) => one.event === event);
    expect(recorded).toMatchObject([{ actor_id: dev.id, subject_id: String(person.id) }]);
    if (event === "account.role_changed")
      expect(recorded?.[0]?.data).toEqual({ before: "user", after: "editor" });
  });

  test("of what is not sent nothing changes", async () => {
    const as = await asDev();
    const editor = await createPerson(world, { role: "editor", verified: false });
    const theirs = await signIn(world, { ...editor }).catch(() => undefined);
    const before = (await ask("GET", `admin/users/${editor.id}`, { as })).body;

    const { body } = await patch(as, editor, {
      full_name: "Grace",
      id: 1,
      email: "x@example.com",
      password_hash: "x",
    });

    expect(theirs).toBeUndefined();
    const { recent_events: _, ...kept } = before;
    expect(body).toEqual({ ...kept, full_name: "Grace", updated_at: expect.any(String) });
  });

  test("the role dev needs a confirmed address, and keeps it", async () => {
    const as = await asDev();
    const stranger = await createPerson(world, { verified: false });
    const other = await createPerson(world, { role: "dev" });
    await run(`update gatehouse.users set email = null, email_key = null where id = ${other.id}`);

    const raised = await patch(as, stranger, { role: "dev" });
    const both = await patch(as, stranger, { role: "dev", verified: true });
    const unverified = await patch(as, stranger, { verified: false });

    expect([raised.status, raised.fields]).toEqual([422, ["role"]]);
    expect(both.body).toMatchObject({ role: "dev", verified: true });
    expect([unverified.status, unverified.fields]).toEqual([422, ["role"]]);
  });

  test("of two devs who demote each other one remains, ten times over", async () => {
    for (let round = 0; round < 10; round++) {
      await world.reset();
      const [one, two] = [
        await createPerson(world, { role: "dev" }),
        await createPerson(world, { role: "dev" }),
      ];
      const [first, second] = [await asDev(one), await asDev(two)];
      const how = [{ role: "user" }, { disabled: true }][round % 2]!;

      const answers = await Promise.all([patch(first, two, how), patch(second, one, how)]);

      const { rows } = await run(
        "select count(*)::int as left from gatehouse.users where role = 'dev' and disabled_at is null",
      );
      expect(rows).toEqual([{ left: 1 }]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect([401, 409]).toContain(answers.find(({ status }) => status !== 200)?.status ?? 0);
    }
  }, 120_000);

  test("the last dev cannot step down, be disabled, or be outnumbered by disabled ones", async () => {
    const dev = await createPerson(world, { role: "dev" });
    await createPerson(world, { role: "dev", disabled: true });
    const as = await asDev(dev);

    for (const body of [{ role: "editor" }, { disabled: true }]) {
      const { status, code } = await patch(as, dev, body);
      expect([status, code]).toEqual([409, "last_dev"]);
    }
  });

  test("refuses a name that is taken or reserved", async () => {
    const as = await asDev();
    await createPerson(world, { username: "ada" });
    const person = await createPerson(world);

    expect((await patch(as, person, { username: "ADA" })).code).toBe("username_taken");
    expect((await patch(as, person, { username: "admin" })).fields).toEqual(["username"]);
  });
});

world.describe("POST /api/v1/admin/users/:id/…", () => {
  const act = (as: Tokens, { id }: { id: number }, what: string) =>
    ask("POST", `admin/users/${id}/${what}`, { as });

  test("sign-out ends every session", async () => {
    const as = await asDev();
    const person = await createPerson(world);
    const theirs = await signIn(world, person);

    expect((await act(as, person, "sign-out")).body).toEqual({ status: "ok" });
    expect((await ask("GET", "users/me", { as: theirs })).code).toBe("token_revoked");
  });

  test("send-reset mails a link, and says where there is no address", async () => {
    const as = await asDev();
    const person = await createPerson(world);
    const without = await createPerson(world);
    await run(`update gatehouse.users set email = null, email_key = null where id = ${without.id}`);

    expect((await act(as, person, "send-reset")).status).toBe(200);
    expect((await act(as, without, "send-reset")).code).toBe("no_address");
    await world.settled();
    expect((await world.traces()).mails).toEqual([{ to: [person.email], subject: "Set a new password" }]);
  });

  test("none of them finds an account that is not there", async () => {
    const as = await asDev();
    for (const what of ["sign-out", "send-reset", "reset-totp"])
      expect((await act(as, { id: 2_000_000_000 }, what)).status).toBe(404);
  });
});
