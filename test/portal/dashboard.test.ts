import { expect, test } from "bun:test";
import { asking } from "../support/ask";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
const ask = asking(world);
const summary = async (as: { access_token: string }) => (await ask("GET", "dashboard/summary", { as })).body;
const write = (email: string, message: string) => world.post("/api/contact", { name: "Ada", email, message });

world.describe("GET /api/v1/dashboard/summary", () => {
  test("counts what is the caller's own, and nothing of others", async () => {
    const person = await createPerson(world, { email: "Ada@example.com" });
    const other = await createPerson(world, { email: "other@example.com" });
    for (const [email, text] of [
      ["ada@example.com", "one"],
      ["ADA@example.com", "two"],
      ["other@example.com", "three"],
    ] as const)
      expect((await write(email, text)).status).toBe(200);
    await signIn(world, person);
    const [mine, theirs] = [await signIn(world, person), await signIn(world, other)];
    await world.settled();

    const own = await summary(mine);
    const others = await summary(theirs);

    expect(own.metrics).toEqual({
      projects: 0,
      images: 0,
      uploads: { total: 0, processing: 0, ready: 0, rejected: 0 },
      submissions: 2,
      runners: { active: 0 },
      sessions: 2,
    });
    expect(others.metrics).toMatchObject({ submissions: 1, sessions: 1 });
    expect(own.account).toEqual({
      role: "user",
      verified: true,
      totp_enabled: false,
      member_since: expect.stringMatching(/Z$/),
      last_sign_in_at: expect.stringMatching(/Z$/),
    });
    const me = (await ask("GET", "users/me", { as: mine })).body;
    expect([own.account.member_since, own.account.last_sign_in_at]).toEqual([
      me.created_at,
      me.last_sign_in_at,
    ]);
  });

  test("counts a closed session no longer", async () => {
    const person = await createPerson(world);
    const [gone, here] = [await signIn(world, person), await signIn(world, person)];
    const { items } = (await ask("GET", "account/sessions", { as: gone })).body;
    const own = items.find(({ current }: { current: boolean }) => current);
    await ask("DELETE", `account/sessions/${own.id}`, { as: gone });

    expect((await summary(here)).metrics.sessions).toBe(1);
  });

  test("shows the last ten events with network and browser, and of others' deeds neither", async () => {
    const person = await createPerson(world);
    const dev = await createPerson(world, { role: "dev" });
    await createPerson(world, { role: "dev" });
    const other = await signIn(world, await createPerson(world));
    await ask("PATCH", "account/profile", { as: other, body: { username: "somebody-else" } });
    const headers = { "user-agent": "Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0" };
    const login = { email: person.email, password: person.password };
    const tokens = await ask("POST", "auth/login", { body: login, headers, from: "203.0.113.77" });
    await world.kernel.database.executeSql(`update gatehouse.users set role = 'user' where id = ${dev.id}`);
    for (let at = 0; at < 11; at++)
      await ask("PATCH", "settings/privacy", {
        as: tokens.body,
        body: { count: at },
        headers,
        from: "2001:db8:1:2::3",
      });

    const { recent_events } = await summary(tokens.body);

    expect(recent_events).toHaveLength(10);
    const ids = recent_events.map(({ id }: { id: string }) => Number(id));
    expect(ids).toEqual([...ids].sort((a: number, b: number) => b - a));
    expect(new Set(recent_events.map(({ event }: { event: string }) => event))).toEqual(
      new Set(["settings.changed"]),
    );
    expect(recent_events[0]).toEqual({
      id: expect.any(String),
      at: expect.stringMatching(/Z$/),
      event: "settings.changed",
      outcome: "ok",
      ip: "2001:db8:1::/48",
      agent: "Firefox",
    });
  });

  test("says of what others did to the account that it happened, and not from where", async () => {
    const person = await createPerson(world);
    await ask("POST", "auth/login", {
      body: { email: person.email, password: "wrong" },
      from: "203.0.113.9",
    });
    const tokens = await signIn(world, person);

    const { recent_events } = await summary(tokens);

    expect(recent_events).toMatchObject([
      { event: "session.opened", outcome: "ok", ip: "127.0.0.0/24" },
      { event: "session.refused", outcome: "refused", ip: null, agent: null },
    ]);
  });
});
