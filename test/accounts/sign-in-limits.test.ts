import { expect, test } from "bun:test";
import { addressTag, signInRules } from "#/modules/accounts/sign-in-limits";
import { createPerson, signIn } from "../support/people";
import { until } from "../support/until";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { RATE_LIMIT: "on", TRUSTED_PROXIES: "127.0.0.1" } });
const { describe } = world;

const run = (statement: string) => world.kernel.database.executeSql(statement);
let networks = 0;

/** An address that no test used before: what is counted in memory outlives the reset of the tables. */
const newNetwork = () => `198.51.${100 + (networks >> 8)}.${networks++ & 255}`;
const login = (email: string, password: string, from: string, path = "/api/v1/auth/login") =>
  world.post(path, { email, password }, { headers: { "x-forwarded-for": from } });
const statusOf = async (...call: Parameters<typeof login>) => (await login(...call)).status;

/** The statuses of as many wrong passwords, each from where it says. */
async function fail(email: string, times: number, from: () => string): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push(await statusOf(email, "wrong", from()));
  return statuses;
}

const all = (times: number, status: number) => Array(times).fill(status);

describe("failed sign-ins", () => {
  test("of a network: 30 in five minutes over both surfaces, then 429, also with a right password", async () => {
    const person = await createPerson(world);
    const from = newNetwork();

    const statuses = [];
    for (let i = 0; i < 30; i++) {
      const path = i % 2 ? "/v1/accounts/login" : "/api/v1/auth/login";
      statuses.push(await statusOf(`nobody-${networks}-${i}@example.com`, "wrong", from, path));
    }
    const refused = await login(person.email, person.password, from);
    const typed = await login(person.email, person.password, from, "/v1/accounts/login");
    const elsewhere = await statusOf(person.email, person.password, newNetwork());

    expect(statuses).toEqual(all(30, 401));
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(290);
    expect(wait).toBeLessThanOrEqual(300);
    expect(refused.headers.get("ratelimit-policy")).toBe('"sign-in";q=30;w=300');
    expect(refused.headers.get("ratelimit")).toBe(`"sign-in";r=0;t=${wait}`);
    expect(await refused.json()).toMatchObject({ status: 429, code: "rate_limited" });
    expect(await typed.json()).toEqual({
      error: { message: expect.stringContaining("Try again"), status: 429, type: "Too Many Requests" },
    });
    expect(elsewhere).toBe(200);
  }, 60_000);

  test.each(["an account", "an address without one"])(
    "of %s: 10 in a quarter of an hour from strangers, then 429",
    async (whose) => {
      const email =
        whose === "an account" ? (await createPerson(world)).email : `lost-${networks}@example.com`;

      const statuses = await fail(email, 11, newNetwork);
      const [refusal] = (await world.traces()).tables.audit_events?.slice(-1) ?? [];
      const again = await fail(email, 2, newNetwork);

      expect(statuses).toEqual([...all(10, 401), 429]);
      expect(again).toEqual(all(2, 429));
      expect(refusal).toMatchObject({ event: "session.refused", data: { reason: "rate" } });
      const { tables } = await world.traces();
      expect(tables.audit_events).toHaveLength(11);
    },
    60_000,
  );

  test("let no more than ten pass when they come at once", async () => {
    const { email } = await createPerson(world);

    const statuses = await Promise.all(
      Array.from({ length: 40 }, () => statusOf(email, "wrong", newNetwork())),
    );

    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  }, 60_000);

  test("of strangers never lock the owner out, who has ten of their own", async () => {
    const owner = await createPerson(world);
    const home = newNetwork();
    expect(await statusOf(owner.email, owner.password, home)).toBe(200);

    const strangers = await fail(owner.email, 15, newNetwork);
    const signedIn = await statusOf(owner.email, owner.password, home);
    const typos = await fail(owner.email, 11, () => home);
    const afterTypos = await statusOf(owner.email, owner.password, home);

    expect(strangers).toEqual([...all(10, 401), ...all(5, 429)]);
    expect(signedIn).toBe(200);
    expect(typos).toEqual([...all(10, 401), 429]);
    expect(afterTypos).toBe(429);
  }, 60_000);

  test("are known networks' for 30 days after they signed in", async () => {
    const owner = await createPerson(world);
    const home = newNetwork();
    expect(await statusOf(owner.email, owner.password, home)).toBe(200);
    await fail(owner.email, 10, newNetwork);

    await run("update gatehouse.sessions set created_at = now() - interval '29 days', revoked_at = now()");
    const known = await statusOf(owner.email, "wrong", home);
    await run("update gatehouse.sessions set created_at = now() - interval '31 days'");
    const forgotten = await statusOf(owner.email, "wrong", home);

    expect([known, forgotten]).toEqual([401, 429]);
  }, 60_000);

  test("are forgotten by a sign-in for the account, and not for the network", async () => {
    const owner = await createPerson(world);
    const from = newNetwork();

    const before = await fail(owner.email, 9, () => from);
    const signedIn = await statusOf(owner.email, owner.password, from);
    const after = await fail(owner.email, 10, () => from);
    const others = [];
    for (let i = 0; i < 12; i++)
      others.push(await statusOf(`other-${networks}-${i}@example.com`, "wrong", from));

    expect([...before, signedIn, ...after]).toEqual([...all(9, 401), 200, ...all(10, 401)]);
    expect(others).toEqual([...all(11, 401), 429]);
  }, 60_000);

  test("wait longer each time: twice the window, up to an hour", async () => {
    const { limits } = world.kernel;
    const { email } = await createPerson(world);
    const waits = [];
    for (let round = 0; round < 4; round++) {
      await fail(email, 10, newNetwork);
      const refused = await login(email, "wrong", newNetwork());
      waits.push(Math.round(Number(refused.headers.get("retry-after")) / 60));
      // The clock of the limits is the process's; the window is opened by hand.
      const tag = addressTag(world.kernel.config, email);
      for (let point = 0; point < 11; point++) await limits.giveBack(signInRules.account, tag);
    }

    expect(waits).toEqual([15, 30, 60, 60]);
  }, 60_000);

  test("a hundred in a row let no stranger in, until a known network signs in", async () => {
    const owner = await createPerson(world);
    const home = newNetwork();
    expect(await statusOf(owner.email, owner.password, home)).toBe(200);
    await run(`update gatehouse.users set failed_sign_ins = 99 where id = ${owner.id}`);
    const last = await fail(owner.email, 1, newNetwork);

    const stranger = await login(owner.email, owner.password, newNetwork());
    const nobody = await login("nobody@example.com", "wrong", newNetwork());
    const known = await statusOf(owner.email, owner.password, home);
    const afterwards = await statusOf(owner.email, owner.password, newNetwork());

    expect(last).toEqual([401]);
    expect(stranger.status).toBe(401);
    const said = async (answer: Response) => (await answer.text()).replace(/"request_id":"[^"]+"/, "");
    expect(await said(stranger)).toBe(await said(nobody));
    expect(known).toBe(200);
    expect(afterwards).toBe(200);
  }, 60_000);

  test("with the right password mail the link to an unconfirmed address once in ten minutes", async () => {
    const waiting = await createPerson(world, { verified: false });

    for (let i = 0; i < 4; i++)
      expect(await statusOf(waiting.email, waiting.password, newNetwork())).toBe(401);
    await until(() => world.mails.length > 0);
    await world.settled();

    expect(world.mails).toHaveLength(1);
  }, 60_000);

  test("do not count where the password was right: a missing code, a wrong scope, a disabled account", async () => {
    const disabled = await createPerson(world, { disabled: true });
    const from = newNetwork();

    const statuses = [];
    for (let i = 0; i < 35; i++) statuses.push(await statusOf(disabled.email, disabled.password, from));
    const other = await createPerson(world);

    expect(statuses).toEqual(all(35, 403));
    expect(await statusOf(other.email, other.password, from)).toBe(200);
  }, 60_000);

  test("are not what keeps 15 people of one network from signing in at once", async () => {
    const people = await Promise.all(Array.from({ length: 15 }, () => createPerson(world)));
    const from = newNetwork();

    for (let round = 0; round < 3; round++) {
      const statuses = await Promise.all(
        people.map(({ email, password }) => statusOf(email, password, from)),
      );
      expect(statuses).toEqual(all(15, 200));
    }
    await signIn(world, people[0] as never);
  }, 60_000);
});

describe("refreshes", () => {
  const refresh = (refresh_token: string, from: string) =>
    world.post("/api/v1/auth/refresh", { refresh_token }, { headers: { "x-forwarded-for": from } });

  test("of a session: 60 a minute, from wherever they come, then 429 and the token stays good", async () => {
    const [person, other] = [await createPerson(world), await createPerson(world)];
    let token = (await signIn(world, person)).refresh_token;

    for (let i = 0; i < 60; i++) {
      const answer = await refresh(token, newNetwork());
      expect(answer.status).toBe(200);
      token = ((await answer.json()) as { refresh_token: string }).refresh_token;
    }
    const refused = await refresh(token, newNetwork());

    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit-policy")).toBe('"refresh-session";q=60;w=60');
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect((await refresh((await signIn(world, other)).refresh_token, newNetwork())).status).toBe(200);
    const { rows } = await run(
      "select count(*)::int as live from gatehouse.refresh_tokens where used_at is null",
    );
    expect(rows).toEqual([{ live: 2 }]);
  }, 60_000);

  test("of a network: 120 a minute, whatever is sent, then 429", async () => {
    const from = newNetwork();

    const statuses = [];
    for (let i = 0; i < 121; i++) statuses.push((await refresh(`gtr_${"A".repeat(43)}`, from)).status);

    expect(statuses).toEqual([...all(120, 401), 429]);
  }, 60_000);
});
