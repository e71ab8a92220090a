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

describe("GET /api/v1/users/me", () => {
  test("refuses whoever is not signed in", async () => {
    const answer = await me();

    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await answer.json()).toMatchObject({ status: 401, code: "unauthorized" });
  });
});
