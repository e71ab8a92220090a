import { describe, expect, test } from "bun:test";
import { request } from "node:http";
import { ambiguousRequests, postHead, smuggledId, smuggledRequest } from "../support/ambiguous-requests";
import { embeddedPlace } from "../support/databases";
import { startExecutable } from "../support/executable";
import { hasNginx, startNginx } from "../support/nginx";
import { connectRaw } from "../support/raw-connection";

/** The executable behind nginx, on an empty database. */
async function openBehind(cleanup: AsyncDisposableStack, env: Record<string, string>) {
  const place = cleanup.use(embeddedPlace());
  const running = await startExecutable({ ...place.env, ...env });
  cleanup.defer(async () => void (await running.kill()));
  const nginx = await startNginx(running.port);
  cleanup.defer(nginx.stop);
  return { running, port: nginx.port };
}

type Sent = { method?: string; path?: string; headers?: Record<string, string>; body?: string };

/** From an address of this machine's own choice: all of 127.0.0.0/8 is loopback. */
function sendFrom(
  localAddress: string,
  port: number,
  { method = "GET", path = "/health", headers = {}, body }: Sent,
) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; id: string }>();
  const sent = request(
    { host: "127.0.0.1", port, localAddress, method, path, headers, agent: false },
    (answer) => {
      answer.resume();
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, id: String(answer.headers["x-request-id"]) }),
      );
    },
  );
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

const post = (text: string, forwarded?: string): Sent => ({
  method: "POST",
  path: "/f/contact",
  headers: {
    "content-type": "application/json",
    ...(forwarded && { "x-forwarded-for": forwarded }),
  },
  body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: text }),
});
const oneEach = { RATE_LIMIT: "on", FORMS_RATE_CLIENT_FORM: "1/60s" };

describe.skipIf(!hasNginx())("behind nginx", () => {
  test("each visitor has a rate of their own, and cannot take another's address", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { port } = await openBehind(cleanup, { ...oneEach, TRUSTED_PROXIES: "127.0.0.1" });

    const answers = [
      await sendFrom("127.0.0.2", port, post("first")),
      await sendFrom("127.0.0.3", port, post("another visitor")),
      await sendFrom("127.0.0.2", port, post("second, as somebody else", "198.51.100.7")),
      await sendFrom("127.0.0.3", port, post("second, as the proxy", "127.0.0.1")),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  }, 30_000);

  test("a proxy that is not trusted speaks for nobody: all behind it are one", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { port, running } = await openBehind(cleanup, { ...oneEach, TRUSTED_PROXIES: "192.0.2.7" });

    const answers = [
      await sendFrom("127.0.0.2", port, post("first")),
      await sendFrom("127.0.0.3", port, post("another visitor", "198.51.100.7")),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
    expect(running.output()).toContain("forwarding");
  }, 30_000);

  test("no framing that the two may read differently puts a request before another one's answer", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { port, running } = await openBehind(cleanup, { TRUSTED_PROXIES: "127.0.0.1" });
    const lengthAndChunks = (prefix: string) =>
      `${postHead}${prefix}Content-Length: ${smuggledRequest.length + 5}\r\n\r\n0\r\n\r\n${smuggledRequest}`;
    const attempts = [
      ...ambiguousRequests.map(([, bytes]) => bytes),
      lengthAndChunks("Transfer-Encoding: chunked\r\n"),
      lengthAndChunks("Transfer-Encoding:\tchunked\r\n"),
      lengthAndChunks("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
      lengthAndChunks("X-A: b\r\nTransfer_Encoding: chunked\r\n"),
      `${postHead}Transfer-Encoding: chunked\r\n\r\n0;a="\r\n${smuggledRequest}\r\n\r\n`,
    ];
    const wrong: string[] = [];

    for (const [at, bytes] of attempts.entries()) {
      // Sent as a body, or behind what the proxy takes for the end: the latter it may answer as a request of its own.
      const connection = await connectRaw(port);
      await connection.write(bytes);
      const ids = Array.from({ length: 4 }, (_, n) => `request-${at}-${n}`);
      for (const id of ids) {
        const answer = await sendFrom("127.0.0.1", port, {
          path: "/f/contact",
          headers: { "x-request-id": id },
        });
        if (answer.status !== 200 || answer.id !== id)
          wrong.push(`${at}: ${id} got ${answer.status} ${answer.id}`);
      }
      connection.close();
    }

    expect(wrong).toEqual([]);
    expect(running.output()).not.toContain(smuggledId);
    expect(running.output()).toContain("request-0-0");
  }, 60_000);
});
