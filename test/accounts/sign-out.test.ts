import { expect, test } from "bun:test";
import { bearer, createPerson, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const { describe } = world;

const run = (statement: string) => world.kernel.database.executeSql(statement);
const me = async (tokens: Tokens) => {
  const answer = await world.send("/api/v1/users/me", { headers: bearer(tokens) });
  return { status: answer.status, code: ((await answer.json()) as { code?: string }).code };
};
const logout = (headers: Record<string, string>, body?: object) =>
  body
    ? world.post("/api/v1/auth/logout", body as Record<string, unknown>, { headers })
    : world.send("/api/v1/auth/logout", { method: "POST", headers });
const refresh = (tokens: Tokens) =>
  world.post("/api/v1/auth/refresh", { refresh_token: tokens.refresh_token });
const revoked = { status: 401, code: "token_revoked" };

describe("POST /api/v1/auth/logout", () => {
  test.each(["access token", "refresh token"])("with an %s ends every device at once", async (by) => {
    const person = await createPerson(world);
    const [here, there] = [await signIn(world, person), await signIn(world, person)];
    const somebodyElse = await signIn(world, await createPerson(world));

    const answer = by === "access token" ? await logout(bearer(here)) : await logout({}, here);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok" });
    expect([await me(here), await me(there)]).toEqual([revoked, revoked]);
    expect([(await refresh(here)).status, (await refresh(there)).status]).toEqual([401, 401]);
    expect((await me(somebodyElse)).status).toBe(200);
    const { tables } = await world.traces();
    const events = tables.audit_events?.filter(({ event }) => event === "session.closed");
    expect(events).toMatchObject([{ actor_id: person.id, subject_type: "session" }]);
    expect((await signIn(world, person)).access_token).not.toBe(here.access_token);
  });

  test("refuses whoever is not signed in, and changes nothing", async () => {
    const tokens = await signIn(world, await createPerson(world));
    const used = await signIn(world, await createPerson(world));
    await refresh(used);
    const before = await world.traces();

    const answers = [
      await logout({}),
      await logout({ authorization: "Bearer a.b.c" }),
      await logout({ authorization: "Bearer a.b.c" }, { refresh_token: tokens.refresh_token }),
      await logout({}, { refresh_token: `gtr_${"A".repeat(43)}` }),
      await logout({}, { refresh_token: used.refresh_token }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(await world.traces()).toEqual(before);
  });
});

describe("what ends an access token at once", () => {
  const endings = [
    { title: "the account was disabled", change: "users set disabled_at = now()" },
    { title: "the version of its tokens moved", change: "users set token_version = token_version + 1" },
    { title: "its session was ended", change: "sessions set revoked_at = now()" },
    { title: "its session is past its end", change: "sessions set expires_at = now()" },
  ];
  test.each(endings)("$title", async ({ change }) => {
    const tokens = await signIn(world, await createPerson(world));
    expect((await me(tokens)).status).toBe(200);

    await run(`update gatehouse.${change}`);

    expect(await me(tokens)).toEqual(revoked);
  });
});

describe("/api/v1/account/sessions", () => {
  const list = async (tokens: Tokens) => {
    const answer = await world.send("/api/v1/account/sessions", { headers: bearer(tokens) });
    return { status: answer.status, items: ((await answer.json()) as { items: Item[] }).items };
  };
  type Item = { id: number; current: boolean };
  const end = (tokens: Tokens, id: number | string) =>
    world.send(`/api/v1/account/sessions/${id}`, { method: "DELETE", headers: bearer(tokens) });

  test("shows the open ones of the account alone, newest first", async () => {
    const person = await createPerson(world);
    const [first, second] = [await signIn(world, person), await signIn(world, person)];
    await signIn(world, await createPerson(world));

    const { status, items } = await list(first);

    expect(status).toBe(200);
    const shown = {
      id: expect.any(Number),
      scope: "user",
      agent: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      last_seen_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
    };
    expect(items).toEqual([
      { ...shown, current: false },
      { ...shown, current: true },
    ] as never);
    expect(items[0]?.id).toBeGreaterThan(items[1]?.id ?? 0);
    expect((await list(second)).items.map(({ current }) => current)).toEqual([true, false]);
  });

  test("ends one and no other, once", async () => {
    const person = await createPerson(world);
    const [here, there] = [await signIn(world, person), await signIn(world, person)];
    const other = (await list(here)).items.find(({ current }) => !current)?.id ?? 0;

    const answer = await end(here, other);
    const again = await end(here, other);

    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { status: "ok" },
    });
    expect(again.status).toBe(404);
    expect([await me(here), await me(there)]).toMatchObject([{ status: 200 }, revoked]);
    expect((await refresh(there)).status).toBe(401);
    expect((await refresh(here)).status).toBe(200);
    const { tables } = await world.traces();
    const events = tables.audit_events?.filter(({ event }) => event === "session.revoked");
    expect(events).toMatchObject([{ actor_id: person.id, subject_id: String(other) }]);
  });

  test("does not know the sessions of others, and changes nothing", async () => {
    const mine = await signIn(world, await createPerson(world));
    const theirs = await signIn(world, await createPerson(world));
    const [{ id } = { id: 0 }] = (await list(theirs)).items;
    const before = await world.traces();

    const statuses = [];
    for (const one of [id, "0", "1e3", "99999999999999999999", "%00"])
      statuses.push((await end(mine, one)).status);

    expect(statuses).toEqual([404, 404, 404, 404, 404]);
    expect(await world.traces()).toEqual(before);
  });

  test("are for those who confirmed their address", async () => {
    const person = await createPerson(world);
    const tokens = await signIn(world, person);
    await run("update gatehouse.users set verified_at = null");

    const [refused, allowed] = [await list(tokens), await me(tokens)];

    expect(refused.status).toBe(403);
    expect(allowed.status).toBe(200);
  });
});
