import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { runGatehouse } from "../support/command";
import { kindsUnderTest } from "../support/databases";
import { temporaryFolder } from "../support/folder";
import { type PostgresServer, startPostgres } from "../support/postgres";
import { postForm, startServe } from "../support/serve";
import { until } from "../support/until";

setDefaultTimeout(30_000);

const secret = "Vw7xqk2nQ0c4m1hTzR8eYbL5sJ9pAfUd";
const message = { name: "Ada", email: "ada@example.com", message: "Hello" };

let postgres: PostgresServer | undefined;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

const dataDir = (folder: { path: string }) => ({ DATA_DIR: join(folder.path, "data") });

test("prints for a person where to look, with the port that 0 has taken, and that nobody is told", async () => {
  using folder = temporaryFolder();
  await using server = await startServe(dataDir(folder));

  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect(server.printed()).toContain(`is serving on ${server.url}\n`);
  expect(server.printed()).toContain(`POST ${server.url}/api/contact`);
  expect(server.printed()).toContain("Nobody is told of a message: NOTIFY_EMAIL is not set");
});

test("warns in production, before it listens, that no public address is set and that nobody is told", async () => {
  using folder = temporaryFolder();
  await using server = await startServe({ ...dataDir(folder), ENV: "production", SECRET_KEY: secret });

  const lines = server
    .printed()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

  const others = lines.filter(({ event }) => !/^(database\.|accounts\.setup_link_written$)/.test(event));
  expect(others).toMatchObject([
    { level: "warn", event: "config.public_address_missing", setting: "PUBLIC_URL" },
    { level: "warn", event: "forms.nobody_is_told", settings: ["NOTIFY_EMAIL", "SMTP_URL"] },
    { level: "info", event: "service.listening" },
  ]);
});

test("says nothing of the sort where both are configured", async () => {
  using folder = temporaryFolder();
  await using server = await startServe({
    ...dataDir(folder),
    ENV: "production",
    SECRET_KEY: secret,
    PUBLIC_URL: "https://forms.example.com",
    NOTIFY_EMAIL: "team@example.com",
    SMTP_URL: "smtp://127.0.0.1:1",
  });

  expect(server.printed()).not.toContain('"warn"');
});

test("a taken port ends the start with 1, naming it, and without a stack", async () => {
  using folder = temporaryFolder();
  await using taken = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });

  const server = await startServe({ ...dataDir(folder), PORT: String(taken.port) });

  expect(await server.exited).toMatchObject({
    code: 1,
    stderr: `gatehouse: Port ${taken.port} on 127.0.0.1 is taken: stop who listens there, or set PORT\n`,
  });
  expect(existsSync(join(folder.path, "data/control.sock"))).toBe(false);
});

test("an address of another machine ends the start with 1", async () => {
  using folder = temporaryFolder();

  const server = await startServe({ ...dataDir(folder), HOST: "192.0.2.1", ENV: "development" });

  expect(await server.exited).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^gatehouse: Cannot listen on 192\.0\.2\.1, port 0 .*set HOST and PORT/),
  });
});

test("a second server on the same directory ends with 75, and the first goes on", async () => {
  using folder = temporaryFolder();
  await using first = await startServe(dataDir(folder));

  const began = performance.now();
  const second = await startServe(dataDir(folder));
  const { code, stderr } = await second.exited;

  expect({ code, stderr }).toEqual({
    code: 75,
    stderr: `gatehouse: The data directory ${folder.path}/data is in use by another gatehouse process\n`,
  });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await postForm(first.url, "contact", message)).toBe(200);
});

describe("the private socket", () => {
  test("answers health checks, for its own user alone, and is gone after the stop", async () => {
    using folder = temporaryFolder();
    const CONTROL_SOCKET = join(folder.path, "private.sock");
    const server = await startServe({ ...dataDir(folder), CONTROL_SOCKET });

    const health = await runGatehouse(["health"], { env: { CONTROL_SOCKET, PORT: "1" } });
    const answer = await fetch("http://localhost/health", { unix: CONTROL_SOCKET });
    const mode = statSync(CONTROL_SOCKET).mode & 0o777;
    await server.kill();

    expect(health).toEqual({ code: 0, stdout: "healthy\n", stderr: "" });
    expect(await answer.json()).toEqual({ status: "ok", version: "dev" });
    expect(mode).toBe(0o600);
    expect(existsSync(CONTROL_SOCKET)).toBe(false);
  });

  test("is done without in a folder whose path is too long for one", async () => {
    using folder = temporaryFolder();
    await using server = await startServe({ DATA_DIR: join(folder.path, "x".repeat(100)) });

    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(server.printed()).toContain('"control.unavailable"');
  });
});

describe.each(kindsUnderTest("embedded", "postgres"))("SIGTERM on %s", (kind) => {
  test("under load: whoever was accepted is answered, the end comes with 0 in time, and every row is there", async () => {
    using folder = temporaryFolder();
    const env: Record<string, string> = dataDir(folder);
    if (kind === "postgres") {
      if (!postgres) return console.error("skipped: no PostgreSQL server is installed");
      env.DATABASE_URL = await postgres.createDatabase();
    }
    const server = await startServe(env);
    // It listens before it has migrated, and then refuses with 503 whoever has waited too long.
    await until(async () => (await fetch(`${server.url}/api/v1/readyz`)).status === 200, 15);
    const outcomes: { status: number | "refused" | "lost"; sent: number }[] = [];
    let stopping = false;
    const visit = async (client: number) => {
      for (let n = 0; !stopping || n === 0; n++) {
        const sent = performance.now();
        const status = await postForm(server.url, "contact", { ...message, message: `${client} ${n}` }).catch(
          (error) => (error.code === "ConnectionRefused" ? ("refused" as const) : ("lost" as const)),
        );
        outcomes.push({ status, sent });
        if (status === "refused") return;
      }
    };
    const visitors = Array.from({ length: 20 }, (_, client) => visit(client));
    while (outcomes.length < 200) await new Promise(setImmediate);

    const killed = performance.now();
    const { code, stderr } = await server.kill();
    const took = performance.now() - killed;
    stopping = true;
    await Promise.all(visitors);

    const before = outcomes.filter(({ sent }) => sent < killed);
    const stored = outcomes.filter(({ status }) => status === 200).length;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(took).toBeLessThan(10_000);
    expect(before.filter(({ status }) => status !== 200)).toEqual([]);
    const { stdout } = await runGatehouse(["export", "contact", "--format", "ndjson"], {
      env,
      deadlineMs: 30_000,
    });
    expect(stdout.trim().split("\n").length).toBeGreaterThanOrEqual(stored);
  }, 60_000);
});

test("a second signal ends it at once, whatever is under way", async () => {
  using folder = temporaryFolder();
  const server = await startServe(dataDir(folder));
  // A body that never ends keeps its request under way.
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
  });
  const hanging = fetch(`${server.url}/f/contact`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  }).catch(() => undefined);
  await fetch(`${server.url}/health`);

  const ended = server.kill();
  while (!server.printed().includes("service.stopping")) await new Promise(setImmediate);
  const began = performance.now();
  void server.kill();

  expect(await ended).toMatchObject({ signal: "SIGTERM" });
  expect(performance.now() - began).toBeLessThan(2_000);
  await hanging;
});

describe("on a PostgreSQL that is away", () => {
  test("serves, says that it is not ready, and ends with 0 when it is told to", async () => {
    using folder = temporaryFolder();
    const DATABASE_URL = "postgres://nobody@127.0.0.1:1/none";
    await using server = await startServe({ ...dataDir(folder), DATABASE_URL });

    const ready = await fetch(`${server.url}/api/v1/readyz`);
    const { code, stderr } = await server.kill();

    expect(ready.status).toBe(503);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
