import { expect, test } from "bun:test";
import { join } from "node:path";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";

const answering = (status: number) => (request: Request) =>
  new Response("{}", { status: new URL(request.url).pathname === "/health" ? status : 404 });

const ask = (env: Record<string, string>) => runGatehouse(["health"], { env });

test("answers 0 while the server on PORT is well", async () => {
  await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answering(200) });

  for (const HOST of ["", "0.0.0.0", "127.0.0.1"]) {
    expect(await ask({ HOST, PORT: String(server.port) })).toEqual({
      code: 0,
      stdout: "healthy\n",
      stderr: "",
    });
  }
});

test("asks on the private socket where one is set, whatever the port is", async () => {
  using folder = temporaryFolder();
  const CONTROL_SOCKET = join(folder.path, "control.sock");
  await using _ = Bun.serve({ unix: CONTROL_SOCKET, fetch: answering(200) });

  expect(await ask({ CONTROL_SOCKET, PORT: "1" })).toMatchObject({ code: 0 });
});

test("needs no secret, even where the rest of the configuration is production's", async () => {
  await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answering(200) });

  expect(await ask({ ENV: "production", PORT: String(server.port) })).toMatchObject({ code: 0 });
});

test("answers 1 when the server is unwell, and says its status", async () => {
  await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answering(503) });

  expect(await ask({ PORT: String(server.port) })).toEqual({
    code: 1,
    stdout: "",
    stderr: "gatehouse: not healthy: 503\n",
  });
});

test("answers 1 when nobody listens", async () => {
  using folder = temporaryFolder();

  expect(await ask({ CONTROL_SOCKET: join(folder.path, "control.sock") })).toMatchObject({ code: 1 });
  expect(await ask({ PORT: "1" })).toMatchObject({ code: 1 });
});

test("answers 1 after three seconds when the server hangs", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => promise });

  const { code, stderr } = await ask({ PORT: String(server.port) });
  resolve(new Response());

  expect({ code, stderr }).toEqual({ code: 1, stderr: "gatehouse: not healthy: no answer in 3000 ms\n" });
});
