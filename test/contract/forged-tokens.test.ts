import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Elysia } from "elysia";
import { createApp } from "#/app";
import { describedApp } from "#/cli/openapi";
import { serveOptions } from "#/kernel/http";
import { signedIn } from "#/modules/accounts";
import { fillPath } from "../smoke/inputs";
import { isProtected } from "../support/access";
import { type SignedIn, signInDirectly } from "../support/callers";
import {
  claimsOf,
  type Forged,
  oddClaims,
  oddHeaders,
  oddSpellings,
  otherAlgorithms,
  otherKeys,
  signToken,
  staleTokens,
} from "../support/forged-tokens";
import { examplesOf, type OpenApi, operationsOf } from "../support/openapi";
import { createPerson, signIn } from "../support/people";
import { openWorld } from "../support/world";

const JWT_SECRET_KEY = "current-0c4m1hTzR8eYbL5sJ9pAfUdVw7xqk2nQ";
const JWT_SECRET_KEY_PREVIOUS = "previous-m1hTzR8eYbL5sJ9pAfUdVw7xqk2nQ0c4";
const SECRET_KEY = "root-eYbL5sJ9pAfUdVw7xqk2nQ0c4m1hTzR8";
const world = await openWorld({ env: { SECRET_KEY, JWT_SECRET_KEY, JWT_SECRET_KEY_PREVIOUS } });
const key = new TextEncoder().encode(JWT_SECRET_KEY);

const document = (await (
  await describedApp().handle(new Request("http://localhost/docs/json"))
).json()) as OpenApi;
const calls = operationsOf(document)
  .filter(({ method, path }) => isProtected(method, path))
  .map((operation) => {
    const media = operation.requestBody?.content?.["application/json"];
    const [example = {}] = media ? examplesOf(media) : [];
    const needsBody = media && !operation.security?.some((one) => Object.keys(one).length === 0);
    return {
      path: fillPath(operation),
      init: {
        method: operation.method,
        ...(needsBody && {
          body: JSON.stringify(example),
          headers: { "content-type": "application/json" },
        }),
      },
    };
  });

type Send = (path: string, init: RequestInit) => Promise<Response>;

async function ask(send: Send, path: string, init: RequestInit, authorization: string) {
  const headers = { ...(init.headers as Record<string, string>), authorization };
  const answer = await send(path, { ...init, headers });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? {} : JSON.parse(text) };
}

/** Every protected route refuses every token, in the words of the portal; or what each said instead. */
async function complaintsOf(tokens: readonly Forged[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const { path, init } of calls)
    for (const { title, token, message } of tokens) {
      const { status, headers, body } = await ask(world.send, path, init, `Bearer ${token}`);
      const code =
        message === "Signature has expired"
          ? "token_expired"
          : message === "Token has been revoked"
            ? "token_revoked"
            : "unauthorized";
      const right =
        status === 401 &&
        headers.get("www-authenticate") === "Bearer" &&
        headers.get("content-type") === "application/problem+json" &&
        body.code === code &&
        body.detail === message;
      if (!right) complaints.push(`${init.method} ${path}, ${title}: ${status} ${body.code} ${body.detail}`);
    }
  return complaints;
}

const dev = () => signInDirectly(world, { role: "dev", scope: "dev" });
const families: Record<string, (mine: SignedIn) => Forged[] | Promise<Forged[]>> = {
  "other algorithms": (mine) => otherAlgorithms(claimsOf(mine), key),
  "other keys": (mine) => otherKeys(claimsOf(mine), world.kernel),
  "odd headers": (mine) => oddHeaders(claimsOf(mine), key),
  "odd claims": (mine) => oddClaims(claimsOf(mine), key),
  "odd spellings": (mine) => oddSpellings(claimsOf(mine), key),
  "what was good once, or for something else": () => staleTokens(world, key),
};

world.describe("forged tokens", () => {
  test("a token made here of the same parts is accepted: the tests can tell", async () => {
    const mine = await dev();
    const token = signToken(claimsOf(mine), key);

    const me = await ask(world.send, "/api/v1/users/me", {}, `Bearer ${token}`);
    const summary = await ask(world.send, "/api/v1/admin/summary", {}, `bearer  ${token} `);

    expect([me.status, me.body.id, summary.status]).toEqual([200, mine.id, 200]);
    expect(calls.length).toBeGreaterThan(25);
  });

  test.each(Object.keys(families))(
    "every protected route refuses %s",
    async (name) => {
      const tokens = (await families[name]?.(await dev())) ?? [];
      const before = await world.traces();

      const complaints = await complaintsOf(tokens);

      expect(complaints.slice(0, 20)).toEqual([]);
      expect(tokens.length).toBeGreaterThan(8);
      expect(await world.traces()).toEqual(before);
    },
    60_000,
  );

  test.each(["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer a b", "Token x"])(
    "every protected route refuses the header %p",
    async (header) => {
      const wrong = [];
      for (const { path, init } of calls) {
        const { status, body } = await ask(world.send, path, init, header);
        if (status !== 401 || !/^No authorization (header|token) provided$/.test(body.detail))
          wrong.push([init.method, path, status, body.detail]);
      }
      expect(wrong).toEqual([]);
    },
    30_000,
  );

  test("every protected route refuses a token of 100 KB", async () => {
    const token = signToken({ ...claimsOf(await dev()), more: "a".repeat(75_000) }, key);
    const answers = [];

    for (const { path, init } of calls)
      answers.push((await ask(world.send, path, init, `Bearer ${token}`)).status);

    // Longer than all headers together may be.
    expect([...new Set(answers)]).toEqual([431]);
  });

  test("the key before verifies, and signs nothing", async () => {
    const person = await createPerson(world);
    const mine = await dev();
    const old = signToken(claimsOf(mine), JWT_SECRET_KEY_PREVIOUS);

    const accepted = await ask(world.send, "/api/v1/users/me", {}, `Bearer ${old}`);
    const { access_token } = await signIn(world, person);

    expect(accepted.status).toBe(200);
    const signed = access_token.slice(0, access_token.lastIndexOf("."));
    const by = (secret: string) => createHmac("sha256", secret).update(signed).digest("base64url");
    expect(access_token).toEndWith(`.${by(JWT_SECRET_KEY)}`);
    expect(access_token).not.toEndWith(`.${by(JWT_SECRET_KEY_PREVIOUS)}`);
  });

  test("the publishing surface answers 403 in its own words, whatever is wrong", async () => {
    const app = createApp(world.kernel).use(
      new Elysia({ prefix: "/v1/test" }).use(signedIn(world.kernel)).get("", async () => ({ ok: true })),
    );
    app.listen({ ...serveOptions, hostname: "127.0.0.1", port: 0 });
    const send: Send = (path, init) => fetch(`http://127.0.0.1:${app.server?.port}${path}`, init);
    const mine = await dev();
    const unconfirmed = await signInDirectly(world, { verified: false });
    const forged = (await Promise.all(Object.values(families).map((each) => each(mine)))).flat();
    const bearers = forged.map(({ token, message }) => [`Bearer ${token}`, message] as const);
    const expected = [
      ...bearers,
      ["Bearer", "No authorization token provided"] as const,
      ["Basic eA==", "No authorization token provided"] as const,
      [`Bearer ${unconfirmed.accessToken}`, "Account not verified"] as const,
    ];

    const nobody = await send("/v1/test", {});
    const wrong = [];
    for (const [header, message] of expected) {
      const { status, body } = await ask(send, "/v1/test", {}, header);
      const wanted = { error: { message, status: 403, type: "Forbidden" } };
      if (status !== 403 || !Bun.deepEquals(body, wanted))
        wrong.push([header.slice(0, 60), status, body, message]);
    }
    const good = await ask(send, "/v1/test", {}, `Bearer ${mine.accessToken}`);
    await app.stop(true);

    expect(wrong).toEqual([]);
    expect([nobody.status, await nobody.json()]).toEqual([
      403,
      { error: { message: "No authorization header provided", status: 403, type: "Forbidden" } },
    ]);
    expect(nobody.headers.has("www-authenticate")).toBe(false);
    expect([good.status, good.body]).toEqual([200, { ok: true }]);
    console.error(`${forged.length} forged tokens, ${calls.length} protected routes`);
    expect(forged.length).toBeGreaterThanOrEqual(40);
  }, 30_000);
});
