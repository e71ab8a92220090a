import { afterAll, describe, expect, test } from "bun:test";
import { serveOptions } from "#/kernel/http";
import { bodyBudget, heldBytes } from "#/kernel/http/body-budget";
import { sampleApp } from "./sample-app";

const app = sampleApp({ trustedProxies: ["192.0.2.0/24"] }).listen({
  ...serveOptions,
  port: 0,
  hostname: "127.0.0.1",
});
const port = app.server?.port ?? 0;
afterAll(() => app.stop(true));

/** Sends bytes as they are and gives what came back until the server closed, or until `enough` of it came. */
function exchange(parts: readonly string[], enough = /\r\n\r\n[\s\S]*$/): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let received = "";
  const timer = setTimeout(() => reject(new Error(`No full answer in 5 s: ${received.slice(0, 200)}`)), 5000);
  const finish = () => {
    clearTimeout(timer);
    resolve(received);
  };
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open(socket) {
        for (const part of parts) socket.write(part);
      },
      data(socket, data) {
        received += data.toString();
        if (enough.test(received)) socket.end();
      },
      close: finish,
      error: finish,
    },
  }).catch(reject);
  return promise;
}

const statusOf = (answer: string) => Number(answer.slice(9, 12));

describe("ambiguous framing", () => {
  const form = "POST /f/x HTTP/1.1\r\nHost: localhost\r\n";
  test.each([
    ["both lengths", `${form}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["two different Content-Length", `${form}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ["a Content-Length that is no number", `${form}Content-Length: 5x\r\n\r\nhello`],
    ["a negative Content-Length", `${form}Content-Length: -5\r\n\r\nhello`],
    ["a signed Content-Length", `${form}Content-Length: +5\r\n\r\nhello`],
    ["an unknown transfer coding", `${form}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ["a chunk size that is no number", `${form}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`],
    ["a space before the colon", `${form}Content-Length : 5\r\n\r\nhello`],
    ["a folded header", `${form}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
    ["a NUL in a header", `${form}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`],
  ])("with %s is refused and the connection closed", async (_, bytes) => {
    const answer = await exchange([bytes, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"], /never/);

    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(answer).not.toContain('{"status":"ok"}');
  });

  test("is not what a Host header decides: links come from the configuration, any host is answered", async () => {
    for (const host of ["a", "evil.example", "localhost"]) {
      expect(await exchange([`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`])).toStartWith("HTTP/1.1 200");
    }
  });
});

describe("odd targets", () => {
  test.each([
    ["GET http://evil.example/health", 200],
    ["GET //evil.example/health", 404],
    ["GET /%", 404],
    ["GET /v1/users/%ff", 404],
    ["GET /v1/users/1%00", 200],
    ["GET /health?a=%", 200],
    ["GET /x/../health", 200],
    ["OPTIONS *", 400],
    ["GET health", 400],
    ["TRACE /health", 405],
    ["PROPFIND /health", 405],
  ])("%s is answered %d", async (target, status) => {
    expect(statusOf(await exchange([`${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`]))).toBe(status);
  });
});

describe("sizes", () => {
  test.each([
    ["32 KB of one header", `X-A: ${"a".repeat(32 * 1024)}\r\n`, "/health"],
    ["200 headers", Array.from({ length: 200 }, (_, i) => `X-${i}: a\r\n`).join(""), "/health"],
    ["a URL of 20 KB", "", `/${"a".repeat(20 * 1024)}`],
  ])("of %s are refused with 431", async (_, headers, path) => {
    const answer = await exchange([`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`]);

    expect(statusOf(answer)).toBe(431);
  });

  test("of a body too large are refused by the declared length, before it was sent", async () => {
    const answer = await exchange(["POST /f/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n"]);

    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('"code":"too_large"');
  });

  test("of a body too large are refused while it is counted", async () => {
    const chunk = `200\r\n${"x".repeat(512)}\r\n`;
    const head = "POST /f/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

    const small = await exchange([head, chunk, "0\r\n\r\n"]);
    const large = await exchange([head, chunk, chunk]);

    expect(small).toContain('{"form":"x","bytes":512}');
    expect(statusOf(large)).toBe(413);
  });

  test("of a body beyond the server's own ceiling are refused by the server", async () => {
    const length = serveOptions.maxRequestBodySize + 1;

    const answer = await exchange([
      `POST /f/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`,
    ]);

    expect(statusOf(answer)).toBe(413);
  });
});

test("bodies are counted to the budget while they are served and given back with the answer", async () => {
  const before = heldBytes();

  await fetch(`http://127.0.0.1:${port}/f/x`, { method: "POST", body: "x".repeat(900) });
  await fetch(`http://127.0.0.1:${port}/f/x`, { method: "POST", body: "x".repeat(9000) });

  expect(heldBytes()).toBe(before);
  expect(bodyBudget).toBe(64 * 1024 * 1024);
});

test("a sender who breaks off gives its memory back", async () => {
  const before = heldBytes();
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  socket.write("POST /f/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc");
  for (let turns = 0; heldBytes() === before && turns < 1000; turns++) await Bun.sleep(1);
  expect(heldBytes()).toBe(before + 900);

  socket.terminate();

  for (let turns = 0; heldBytes() !== before && turns < 1000; turns++) await Bun.sleep(1);
  expect(heldBytes()).toBe(before);
});

test("the peer's address is the client's when no proxy speaks for it", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/who`, {
    headers: { "x-forwarded-for": "198.51.100.7" },
  });

  expect(await answer.json()).toMatchObject({
    address: "127.0.0.1",
    key: "127.0.0.1",
    untrustedForwarding: true,
  });
});
