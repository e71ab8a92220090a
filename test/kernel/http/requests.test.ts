import { describe, expect, test } from "bun:test";
import { AppError } from "#/kernel/errors";
import type { Lane } from "#/kernel/http";
import { paceRefusals } from "#/kernel/http/pace-refusals";
import { routeTable } from "#/kernel/http/route-table";
import { ask, sampleApp, secret, sendJson } from "./sample-app";

type Line = [level: string, event: string, fields: Record<string, unknown>];

describe("the log of a request", () => {
  test("is one line with the pattern of the route and nothing of the request itself", async () => {
    const lines: Line[] = [];
    const app = sampleApp({ log: (...line) => void lines.push(line as Line) });

    const headers = {
      authorization: `Bearer ${secret}`,
      cookie: `a=${secret}`,
      "content-type": "text/plain",
    };
    const { headers: answered } = await ask(app, `/f/${secret}?q=${secret}`, {
      method: "POST",
      body: secret,
      headers,
    });

    expect(lines).toEqual([
      [
        "info",
        "request.answered",
        {
          requestId: answered.get("x-request-id"),
          method: "POST",
          route: "/f/:form",
          status: 200,
          ms: expect.any(Number),
          bytes: secret.length,
        },
      ],
    ]);
  });

  test("is debug for health, and says unmatched where no route is", async () => {
    const lines: Line[] = [];
    const app = sampleApp({ log: (...line) => void lines.push(line as Line) });

    await ask(app, "/health");
    await ask(app, `/${secret}`);

    expect(lines.map(([level, , { route }]) => [level, route])).toEqual([
      ["debug", "/health"],
      ["info", "unmatched"],
    ]);
  });
});

describe("the id of a request", () => {
  const idOf = async (trustedProxies: string[], sent: string) => {
    const app = sampleApp({ trustedProxies });
    return (await ask(app, "/health", { headers: { "x-request-id": sent } })).headers.get("x-request-id");
  };

  test("is taken from a trusted proxy when it is sane", async () => {
    expect(await idOf(["127.0.0.1"], "edge-0001.abc")).toBe("edge-0001.abc");
  });

  test.each(["short", "with space 123", "x".repeat(129), "<script>alert(1)"])(
    "is ours instead of %p",
    async (sent) => {
      expect(await idOf(["127.0.0.1"], sent)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test("is ours when a stranger sends one", async () => {
    expect(await idOf([], "edge-0001.abc")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("differs from request to request", async () => {
    const app = sampleApp();
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await ask(app, "/health")).headers.get("x-request-id")),
    );

    expect(new Set(ids).size).toBe(50);
  });
});

test("tells once that a forwarding header came from a peer that is no proxy", async () => {
  const lines: string[] = [];
  let told = 0;
  const app = sampleApp({
    log: (_, event) => void lines.push(event),
    onUntrustedForwarding: () => void told++,
  });

  for (let i = 0; i < 3; i++) await ask(app, "/who", { headers: { "x-forwarded-for": "1.1.1.1" } });

  expect(lines.filter((event) => event === "request.untrusted_forwarding").length).toBe(1);
  expect(told).toBe(1);
});

describe("requests in flight", () => {
  test("beyond the cap are refused with Retry-After, health excepted, and the place is free again", async () => {
    const app = sampleApp({ maxInFlight: { forms: 2, other: 2 } });
    const blocked = Promise.withResolvers<void>();
    const slowBody = () =>
      new ReadableStream({
        async pull(controller) {
          await blocked.promise;
          controller.close();
        },
      });
    const waiting = [1, 2].map(() => ask(app, "/f/contact", { method: "POST", body: slowBody() }));

    const third = await ask(app, "/f/contact", { method: "POST", body: "a" });
    const elsewhere = await ask(app, "/api/things", sendJson('{"name":"Ada"}'));
    const health = await ask(app, "/health");
    blocked.resolve();
    const first = await Promise.all(waiting);
    const after = await ask(app, "/f/contact", { method: "POST", body: "a" });

    expect(third.status).toBe(503);
    expect(third.headers.get("retry-after")).toBe("1");
    expect(await third.json()).toMatchObject({ code: "overloaded", retry_after: 1 });
    expect([elsewhere, health, ...first, after].map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200,
    ]);
  });

  test("of a lane that is saturated are refused on arrival, their bodies unread, and the others answered", async () => {
    const refusal = new AppError(503, "unavailable", "Too many messages are waiting", { retryAfter: 2 });
    let saturated = true;
    const refusalOf = (lane: Lane) => (saturated && lane === "forms" ? refusal : undefined);
    const app = sampleApp({ refusalOf });
    let read = 0;
    const body = () =>
      new ReadableStream(
        {
          pull(controller) {
            read += 1;
            controller.enqueue(new TextEncoder().encode("a"));
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );

    const refused = await ask(app, "/f/contact", { method: "POST", body: body() });
    const elsewhere = await ask(app, "/api/things", sendJson('{"name":"Ada"}'));
    const unread = read;
    saturated = false;
    const after = await ask(app, "/f/contact", { method: "POST", body: body() });

    expect([refused.status, refused.headers.get("retry-after"), elsewhere.status, after.status]).toEqual([
      503,
      "2",
      200,
      200,
    ]);
    expect(refused.headers.get("x-request-id")).toBeTruthy();
    expect([unread, read]).toEqual([0, 1]);
  });

  test("that are refused wait the longer the more there are, unless a body may lie unread meanwhile", async () => {
    const pace = paceRefusals();
    const post = (length?: number) => {
      const headers = length === undefined ? {} : { "content-length": String(length) };
      return new Request("http://localhost/f/contact", { method: "POST", headers });
    };
    const order: number[] = [];

    const held = Array.from({ length: 400 }, (_, at) => pace(post(100))?.then(() => order.push(at)));

    expect(held.filter((each) => each === undefined)).toEqual([]);
    expect([pace(post(100_000)), pace(post())]).toEqual([undefined, undefined]);
    await held[0];
    expect(order.length).toBeLessThan(400);
    await Promise.all(held);
    expect(order.length).toBe(400);
  });

  test("are counted out whatever becomes of them", async () => {
    const app = sampleApp({ maxInFlight: { forms: 1, other: 1 } });

    for (const path of [
      "/api/thrown",
      "/api/v1/broken-header",
      "/nowhere",
      "/v1/users/x",
      "/away",
      "/page",
    ]) {
      expect((await ask(app, path)).status).not.toBe(503);
    }
  });
});

describe("the table of routes", () => {
  const routeOf = routeTable([
    { method: "GET", path: "/" },
    { method: "GET", path: "/users/me" },
    { method: "GET", path: "/users/:id" },
    { method: "PATCH", path: "/users/:id" },
    { method: "POST", path: "/users/:id/keys/:key?" },
    { method: "GET", path: "/docs/*" },
    { method: "ALL", path: "/any" },
  ]);

  test.each([
    ["/", "/", "GET, HEAD, OPTIONS"],
    ["/users/me", "/users/me", "GET, HEAD, OPTIONS"],
    ["/users/7", "/users/:id", "GET, HEAD, PATCH, OPTIONS"],
    ["/users/7/", "/users/:id", "GET, HEAD, PATCH, OPTIONS"],
    ["/users/7/keys", "/users/:id/keys/:key?", "POST, OPTIONS"],
    ["/users/7/keys/a", "/users/:id/keys/:key?", "POST, OPTIONS"],
    ["/docs/a/b.css", "/docs/*", "GET, HEAD, OPTIONS"],
    ["/any", "/any", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
  ])("knows %s as %s with %s", (path, pattern, methods) => {
    const route = routeOf(path);

    expect([route?.pattern, route?.methods.join(", ")]).toEqual([pattern, methods]);
  });

  test.each(["/users", "/users//", "/users/7/keys/a/b", "/nothing", "/Users/7"])(
    "does not know %s",
    (path) => {
      expect(routeOf(path)).toBeUndefined();
    },
  );
});
