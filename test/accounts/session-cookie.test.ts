import { expect, test } from "bun:test";
import { loadConfig } from "#/kernel/config";
import { refreshCookie } from "#/modules/accounts/session-cookie";
import { bearer, createPerson } from "../support/people";
import { openWorld } from "../support/world";

const world = await openWorld({ env: { PUBLIC_URL: "https://site.example.com" } });
const { describe } = world;

const own = { "sec-fetch-site": "same-origin" };
const pattern =
  /^__Host-gatehouse_refresh=(gtr_[\w-]{43}); Path=\/; Max-Age=86400; Secure; HttpOnly; SameSite=Strict$/;

/** Signs in as a browser does and gives the cookie it would send back. */
async function signIn() {
  const { email, password } = await createPerson(world);
  const answer = await world.post("/api/v1/auth/login", { email, password, session: "cookie" });
  const [, token = ""] = pattern.exec(answer.headers.get("set-cookie") ?? "") ?? [];
  const body = (await answer.json()) as { access_token: string };
  return { body, token, cookie: `theme=dark; __Host-gatehouse_refresh=${token}` };
}

const named = (requests: readonly Record<string, string>[]) =>
  requests.map((headers) => [JSON.stringify(headers), headers] as const);

const ask = (action: "refresh" | "logout", headers: Record<string, string>) =>
  world.send(`/api/v1/auth/${action}`, { method: "POST", headers });

describe("a session in a cookie", () => {
  test("begins with a cookie that no script reads, and no refresh token in the body", async () => {
    const { body, token } = await signIn();

    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in", "scope"]);
    expect(token).not.toBe("");
    expect((await world.send("/api/v1/users/me", { headers: bearer(body) })).status).toBe(200);
  });

  test.each(named([own, { origin: "https://site.example.com" }]))(
    "goes on for pages of our own %s",
    async (_, headers) => {
      const { cookie, token } = await signIn();

      const answer = await ask("refresh", { cookie, ...headers });
      const body = (await answer.json()) as object;

      expect(answer.status).toBe(200);
      expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in", "scope"]);
      const [, successor] = pattern.exec(answer.headers.get("set-cookie") ?? "") ?? [];
      expect(successor).toMatch(/^gtr_/);
      expect(successor).not.toBe(token);
    },
  );

  const strangers: Record<string, string>[] = [
    {},
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { origin: "https://evil.example.com" },
    { origin: "http://site.example.com" },
    { origin: "https://site.example.com.evil.com" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site", origin: "https://evil.example.com" },
  ];
  test.each(named(strangers))("is refused to other sites %s, and nothing changes", async (_, headers) => {
    const { cookie } = await signIn();
    const before = await world.traces();

    const answers = [
      await ask("refresh", { cookie, ...headers }),
      await ask("logout", { cookie, ...headers }),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: "cross_site" });
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
    expect(await world.traces()).toEqual(before);
  });

  test("is refused to a form of another site, whatever its encoding", async () => {
    const { cookie } = await signIn();
    const types = ["text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"];

    for (const type of types) {
      const init = { method: "POST", body: "refresh_token=", headers: { cookie, "content-type": type } };
      const answer = await world.send("/api/v1/auth/refresh", init);
      expect(answer.status).toBe(415);
    }
  });

  test("ends with the cookie removed", async () => {
    const { body, cookie } = await signIn();

    const answer = await ask("logout", { cookie, ...own });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok" });
    expect(answer.headers.get("set-cookie")).toBe(
      "__Host-gatehouse_refresh=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
    );
    expect((await world.send("/api/v1/users/me", { headers: bearer(body) })).status).toBe(401);
    expect((await ask("refresh", { cookie, ...own })).status).toBe(401);
  });

  test("is not what opens anything else: the cookie alone is nobody", async () => {
    const { cookie } = await signIn();

    expect((await world.send("/api/v1/users/me", { headers: { cookie, ...own } })).status).toBe(401);
  });
});

test("over plain HTTP, in development, the cookie has neither the prefix nor Secure", () => {
  const development = loadConfig({ ENV: "development" });
  const behindTls = loadConfig({ ENV: "development", PUBLIC_URL: "https://site.example.com" });
  const production = loadConfig({ ENV: "production", SECRET_KEY: "k3".repeat(3) + crypto.randomUUID() });

  expect(refreshCookie(development, "gtr_a", 60)).toBe(
    "gatehouse_refresh=gtr_a; Path=/; Max-Age=60; HttpOnly; SameSite=Strict",
  );
  for (const config of [behindTls, production])
    expect(refreshCookie(config, "gtr_a", 60)).toBe(
      "__Host-gatehouse_refresh=gtr_a; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict",
    );
});
