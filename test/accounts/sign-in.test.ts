import { expect, test } from "bun:test";
import { bearer, createPerson, signIn, type Tokens } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld();
const { describe } = world;

const login = (fields: Record<string, unknown>) => world.post("/api/v1/auth/login", fields);
const me = (headers: Record<string, string> = {}) => world.send("/api/v1/users/me", { headers });

describe("POST /api/v1/auth/login", () => {
  test("opens a session whose token says who is signed in", async () => {
    const person = await createPerson(world, { email: "Ada@Example.com", username: "ada" });

    const answer = await login({ email: " ada@EXAMPLE.com", password: person.password });
    const tokens = (await answer.json()) as Tokens;
    const user = await me(bearer(tokens));

    expect(answer.status).toBe(200);
    expect(Object.keys(tokens)).toEqual([
      "access_token",
      "refresh_token",
      "token_type",
      "expires_in",
      "scope",
    ]);
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3600, scope: "user" });
    expect(tokens.refresh_token).toMatch(/^gtr_[\w-]{43}$/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(user.status).toBe(200);
    expect(await user.json()).toEqual({
      id: person.id,
      email: "Ada@Example.com",
      username: "ada",
      full_name: "",
      location: "",
      avatar_url: "default.jpg",
      role: "user",
      verified: true,
      totp_enabled: false,
      created_at: expect.stringMatching(/Z$/),
      updated_at: null,
      last_sign_in_at: expect.stringMatching(/Z$/),
      scope: "user",
    });
  });

  test("leaves one session, one refresh token by its hash, and one audit event", async () => {
    const person = await createPerson(world);

    const { refresh_token } = await signIn(world, person);

    const { tables } = await world.traces();
    expect(tables.sessions).toMatchObject([
      { user_id: person.id, scope: "user", amr: ["pwd"], revoked_at: null },
    ]);
    expect(tables.refresh_tokens).toMatchObject([{ parent_id: null, used_at: null }]);
    expect(tables.audit_events).toMatchObject([
      {
        event: "session.opened",
        actor_id: person.id,
        outcome: "ok",
        data: { surface: "portal", scope: "user" },
      },
    ]);
    expect(JSON.stringify(tables)).not.toContain(refresh_token);
  });
});

describe("POST /api/v1/auth/login for the scope dev", () => {
  const dev = async (more: Record<string, unknown>) => {
    const { email, password } = await createPerson(world, { role: "dev" });
    return login({ email, password, scope: "dev", ...more });
  };

  test("takes the code of a development from this machine, for a quarter of an hour", async () => {
    const answer = await dev({ otp: "000000" });
    const tokens = (await answer.json()) as Tokens;

    expect(answer.status).toBe(200);
    expect(tokens).toMatchObject({ scope: "dev", expires_in: 900 });
    expect(await (await me(bearer(tokens))).json()).toMatchObject({ role: "dev", scope: "dev" });
    expect((await world.traces()).tables.sessions).toMatchObject([{ scope: "dev", amr: ["pwd", "otp"] }]);
    const { rows } = await world.kernel.database.executeSql(
      "select extract(epoch from expires_at - created_at)::int as seconds from gatehouse.sessions",
    );
    expect(rows).toEqual([{ seconds: 43_200 }]);
    const refreshed = await world.post("/api/v1/auth/refresh", { refresh_token: tokens.refresh_token });
    expect(await refreshed.json()).toMatchObject({ scope: "dev", expires_in: 900 });
  });

  test("without it is what every role gets, and never widens", async () => {
    const person = await createPerson(world, { role: "dev" });
    const tokens = await signIn(world, person);

    const refreshed = await world.post("/api/v1/auth/refresh", {
      refresh_token: tokens.refresh_token,
      scope: "dev",
    });

    expect(tokens.scope).toBe("user");
    expect(await refreshed.json()).toMatchObject({ scope: "user" });
  });

  test("refuses no code and a wrong one, which is noted", async () => {
    const answers = [await dev({}), await dev({ otp: "123456" })];

    const codes = await Promise.all(
      answers.map(async (one) => ((await one.json()) as { code: string }).code),
    );
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
    expect(codes).toEqual(["otp_required", "otp_invalid"]);
    const { tables } = await world.traces();
    expect(tables.sessions).toEqual([]);
    expect(tables.audit_events).toMatchObject([
      { event: "session.refused", data: { reason: "otp", surface: "portal" } },
    ]);
  });
});

const production = await openWorld({
  env: { ENV: "production", SECRET_KEY: crypto.randomUUID() + crypto.randomUUID(), DEV_MASTER_OTP: "704813" },
});

production.describe("in production", () => {
  test("the code of developers opens nothing but enrolling", async () => {
    const { email, password } = await createPerson(production, { role: "dev" });

    const fields = { email, password, scope: "dev", otp: "704813" };
    const answer = await production.post("/api/v1/auth/login", fields);
    const tokens = (await answer.json()) as Tokens;
    const get = (path: string) => production.send(path, { headers: bearer(tokens) });

    expect(tokens).toMatchObject({ scope: "enrol", status: "enrolment_required" });
    expect(await (await get("/api/v1/users/me")).json()).toMatchObject({ scope: "enrol" });
    const sessions = await get("/api/v1/account/sessions");
    expect({ status: sessions.status, body: await sessions.json() }).toMatchObject({
      status: 403,
      body: { code: "enrolment_required" },
    });
    const { rows } = await production.kernel.database.executeSql(
      "select extract(epoch from expires_at - created_at)::int as seconds from gatehouse.sessions",
    );
    expect(rows).toEqual([{ seconds: 1_800 }]);
  });
});

describe("GET /api/v1/users/me", () => {
  test("refuses whoever is not signed in", async () => {
    const answer = await me();

    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await answer.json()).toMatchObject({ status: 401, code: "unauthorized" });
  });
});
