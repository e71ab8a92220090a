import { afterEach, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { createHashQueue, type HashCaller } from "#/kernel/crypto";
import { appOptions, httpKernel, problem, serveOptions } from "#/kernel/http";
import { createMetrics } from "#/kernel/metrics";
import { hashCaller } from "#/modules/accounts/hash-caller";
import { until } from "../support/until";

const config = { PUBLIC_URL: undefined, allowedOrigins: [], production: false, trustedProxies: [] };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

test("a client that hangs up leaves the queue, and those behind it move up", async () => {
  const queue = createHashQueue({ slots: 1, maxWaitMs: 1e9, metrics: createMetrics() });
  const held = Promise.withResolvers<void>();
  const callers: HashCaller[] = [];
  const [hashed, refusals]: [string[], unknown[]] = [[], []];
  const app = new Elysia(appOptions)
    .use(httpKernel({ config, log: () => {}, voiceOf: () => problem }))
    .get("/:name", async ({ request, params: { name } }) => {
      const caller = hashCaller(request);
      callers.push(caller);
      await queue
        .run(async () => void hashed.push(name), caller)
        .catch((error) => {
          refusals.push(error.code);
          throw error;
        });
      return name;
    })
    .listen({ ...serveOptions, hostname: "127.0.0.1", port: 0 });
  closing.push(() => app.stop(true));
  const url = `http://127.0.0.1:${app.server?.port}`;
  queue.run(() => held.promise);

  const leaving = new AbortController();
  const left = fetch(`${url}/left`, { signal: leaving.signal }).catch(() => "hung up");
  await until(() => callers.length === 1);
  const stayed = fetch(`${url}/stayed`);
  await until(() => callers.length === 2);
  leaving.abort();
  await until(() => refusals.length === 1);
  held.resolve();

  expect(await left).toBe("hung up");
  expect(await (await stayed).text()).toBe("stayed");
  expect(hashed).toEqual(["stayed"]);
  expect(refusals).toEqual(["caller_left"]);
  expect(callers.map(({ client }) => client)).toEqual(["127.0.0.1", "127.0.0.1"]);
});
