import { describe, expect, test } from "bun:test";
import { Elysia, t } from "elysia";
import { appOptions, httpKernel, jsonBody } from "#/kernel/http";
import { ask, sampleApp, secret, sendJson, voiceOf } from "./sample-app";

const app = sampleApp();

describe("the address", () => {
  test.each([
    ["POST", "/health", 405, "GET, HEAD, OPTIONS"],
    ["GET", "/f/contact", 405, "POST, OPTIONS"],
    ["PUT", "/v1/users/7", 405, "GET, HEAD, OPTIONS"],
    ["OPTIONS", "/f/contact", 204, "POST, OPTIONS"],
    ["OPTIONS", "/health/", 204, "GET, HEAD, OPTIONS"],
    ["OPTIONS", "/nowhere", 404, null],
    ["POST", "/nowhere", 404, null],
    ["GET", "/f/contact/more", 404, null],
    ["HEAD", "/nowhere", 404, null],
  ])("%s %s is answered %d, Allow %p", async (method, path, status, allow) => {
    const answer = await ask(app, path, { method });

    expect(answer.status).toBe(status);
    expect(answer.headers.get("allow")).toBe(allow);
  });

  test("with one slash at its end is the same", async () => {
    expect(await (await ask(app, "/health/")).json()).toEqual({ status: "ok" });
    expect((await ask(app, "/health//")).status).toBe(404);
  });

  test("answers HEAD as GET, without the body", async () => {
    const [get, head] = [await ask(app, "/health"), await ask(app, "/health", { method: "HEAD" })];

    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
    expect(head.headers.get("content-length")).toBe(String((await get.text()).length));
    expect(await head.text()).toBe("");
    expect(await (await ask(app, "/nowhere", { method: "HEAD" })).text()).toBe("");
  });

  test("that is unknown shows a page to a person and speaks its voice to a program", async () => {
    const person = await ask(app, "/api/nowhere", {
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" },
    });
    const program = await ask(app, "/api/nowhere", { headers: { accept: "*/*" } });
    const script = await ask(app, "/api/nowhere", {
      headers: { accept: "text/html", "sec-fetch-mode": "cors" },
    });

    expect(person.status).toBe(404);
    expect(person.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(person.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(await person.text()).toContain("<h1>Page not found</h1>");
    expect(await program.text()).toBe('{"error":"Cannot find this address","code":"not_found"}');
    expect(script.headers.get("content-type")).toBe("application/json");
  });
});

describe("what is thrown", () => {
  test("is worded in the voice of the path and says nothing of its cause", async () => {
    const answer = await ask(app, "/api/thrown");

    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.text()).toBe('{"error":"Something went wrong on our side","code":"internal"}');
  });

  test("gives Retry-After in whole seconds", async () => {
    const answer = await ask(app, "/api/unavailable");

    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.text()).toBe(
      '{"error":"Cannot store this now","code":"unavailable","retry_after":2}',
    );
  });

  test("names the scheme when nobody is signed in", async () => {
    const answer = await ask(app, "/api/v1/guarded");

    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test.each(["/api/v1/broken-response", "/api/v1/broken-header"])(
    "by our own mistake in %s is 500",
    async (path) => {
      const answer = await ask(app, path);

      expect(answer.status).toBe(500);
      expect(answer.headers.get("x-injected")).toBeNull();
      expect(await answer.json()).toMatchObject({
        code: "internal",
        request_id: answer.headers.get("x-request-id"),
      });
    },
  );

  test("for an id that cannot exist is 404", async () => {
    const answer = await ask(app, "/v1/users/x");

    expect(await answer.text()).toBe(
      '{"error":{"message":"Cannot find this address","status":404,"type":"Not Found"}}',
    );
  });

  test("about fields names each once, with a fixed text and never the value", async () => {
    const body = JSON.stringify({ name: "x", age: secret });

    const answer = await ask(app, "/api/v1/things", sendJson(body));

    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      code: "invalid",
      errors: [
        { field: "name", code: "too_short", detail: "This text is too short" },
        { field: "age", code: "not_a_number", detail: "This must be a number" },
      ],
    });
  });

  test("about a missing field says required, in the site's voice with 400", async () => {
    const answer = await ask(app, "/api/things", sendJson("{}"));

    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe(
      '{"error":"Some fields need attention","code":"invalid","fields":{"name":{"code":"required","message":"This field is required"}}}',
    );
  });
});

test.each(["production", "development"])(
  "refusals are the same with NODE_ENV=%s, and hold nothing planted",
  (mode) => {
    const run = (NODE_ENV: string) => {
      const env = { PATH: process.env.PATH ?? "", NODE_ENV };
      const { stdout, exitCode } = Bun.spawnSync(["bun", `${import.meta.dir}/print-refusals.ts`], { env });
      expect(exitCode).toBe(0);
      return stdout.toString();
    };

    const printed = run(mode);

    expect(printed.split("\n").length).toBeGreaterThan(10);
    expect(printed).not.toContain(secret);
    expect(printed).toBe(run("production"));
  },
);

test("refuses to serve a route whose body Elysia would read by itself", async () => {
  const config = { PUBLIC_URL: undefined, allowedOrigins: [], production: true, trustedProxies: [] };
  const lines: unknown[] = [];
  const log = (...line: unknown[]) => void lines.push(line);
  const careless = new Elysia(appOptions)
    .use(httpKernel({ config, log, voiceOf }))
    .post("/api/things", async ({ body }) => body, { body: t.Object({ name: t.String() }) });

  const answer = await ask(careless, "/api/things", sendJson('{"name":"x"}'));

  expect(answer.status).toBe(500);
  expect(lines[0]).toMatchObject(["error", "request.failed", { error: "RouteError" }]);
});

test("two modules that use jsonBody both read JSON strictly", async () => {
  const config = { PUBLIC_URL: undefined, allowedOrigins: [], production: true, trustedProxies: [] };
  const body = t.Object({ name: t.String() });
  const both = new Elysia(appOptions)
    .use(httpKernel({ config, log: () => {}, voiceOf }))
    .use(new Elysia({ name: "one" }).use(jsonBody).post("/api/one", async ({ body }) => body, { body }))
    .use(new Elysia({ name: "two" }).use(jsonBody).post("/api/two", async ({ body }) => body, { body }));

  for (const path of ["/api/one", "/api/two"]) {
    expect((await ask(both, path, sendJson('{"name":"x"}'))).status).toBe(200);
    expect((await ask(both, path, sendJson('{"name":"x"}', "application/jsonx"))).status).toBe(415);
  }
});
