import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createHttpClient, type HttpCall, type HttpResult } from "#/kernel/http-client";
import { createLog } from "#/kernel/log";
import { createMetrics } from "#/kernel/metrics";
import { startFaultyVendor, type VendorFault } from "../../support/fakes/faulty-vendor";

const vendor = await startFaultyVendor();
afterAll(vendor.stop);

const lines: string[] = [];
const log = createLog("debug", { write: (line) => void lines.push(line) });
const metrics = createMetrics();
const client = createHttpClient({ log, metrics });

/** Short, so that a vendor who hangs does not hold up the tests. */
const limits = { firstByteMs: 1_000, totalMs: 1_500 };
const call: HttpCall = {
  integration: "example",
  operation: "send",
  method: "POST",
  url: `${vendor.url}/v1/things?token=in-the-query`,
  headers: { authorization: "Bearer in-a-header", "content-type": "application/json" },
  body: '{"said":"in-a-body"}',
  target: "configured",
  ...limits,
};

let run = 0;
/** A breaker of its own, for the faults of one test are not another's. */
const send = (how: Partial<HttpCall> = {}) => client.call({ ...call, breaker: `run ${++run}`, ...how });

beforeEach(async () => {
  lines.length = 0;
  vendor.requests.length = 0;
  vendor.answerWith({ status: 200, body: { ok: true } });
  await vendor.become("answer");
});

const short = (result: HttpResult) =>
  result.kind === "answer" ? result.status : `${result.code}${result.written ? ", written" : ""}`;

describe("a vendor that misbehaves", () => {
  test.each<[VendorFault, number | string]>([
    ["refuse", "connection"],
    ["hang", "timeout, written"],
    ["trickle", "timeout, written"],
    ["500", 500],
    ["429", 429],
    ["429-later", 429],
    ["html", 200],
    ["cut-json", 200],
    ["cut", "connection, written"],
    ["endless", "too_large, written"],
    ["bomb", "too_large, written"],
    ["redirect", 307],
    ["reset", "connection, written"],
  ])("%s: a result in time and in little memory", async (fault, expected) => {
    await vendor.become(fault);
    // The bomb is made once, before memory is read.
    if (fault === "bomb") await send();
    Bun.gc(true);
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 5);
    const began = performance.now();

    const result = await send();

    const took = performance.now() - began;
    clearInterval(watch);
    peak = Math.max(peak, process.memoryUsage.rss());
    expect(short(result)).toBe(expected);
    expect(took).toBeLessThan(limits.totalMs * 1.1);
    expect((peak - before) / 1_000_000).toBeLessThan(20);
    expect(vendor.followed()).toBe(0);
  });

  test("an answer that begins in time ends in time: the second limit holds for its body", async () => {
    await vendor.become("trickle");
    const began = performance.now();

    const result = await send({ firstByteMs: 5_000, totalMs: 2_000 });

    expect(short(result)).toBe("timeout, written");
    expect(performance.now() - began).toBeWithin(1_990, 2_200);
  });

  test("a name that nobody knows was never called", async () => {
    expect(await send({ url: "http://vendor.invalid/" })).toEqual({
      kind: "failed",
      code: "dns",
      written: false,
    });
  });
});

describe("a good answer", () => {
  test("comes with status, headers and body; cookies are dropped, none are sent", async () => {
    vendor.answerWith({
      status: 201,
      headers: { "X-Message-Id": "m1", "set-cookie": "a=b" },
      body: { id: 1 },
    });

    const result = await send();
    await send();

    if (result.kind !== "answer") throw new Error(result.code);
    expect(result.status).toBe(201);
    expect(result.headers.get("x-message-id")).toBe("m1");
    expect(result.headers.has("set-cookie")).toBe(false);
    expect(new TextDecoder().decode(result.body)).toBe('{"id":1}');
    expect(vendor.requests).toHaveLength(2);
    expect(vendor.requests[1]?.headers).not.toHaveProperty("cookie");
    expect(vendor.requests[1]).toMatchObject({
      method: "POST",
      path: "/v1/things?token=in-the-query",
      headers: { host: `127.0.0.1:${vendor.port}`, authorization: "Bearer in-a-header" },
      body: '{"said":"in-a-body"}',
    });
  });

  test("is decompressed, and counted after that", async () => {
    const body = Bun.gzipSync(Buffer.alloc(1000, "x")).toString();
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response(Bun.gzipSync(Buffer.alloc(1000, "x")), { headers: { "content-encoding": "gzip" } }),
    });
    const url = `http://127.0.0.1:${server.port}/`;

    const fits = await send({ method: "GET", url, maxBytes: 1000 });
    const doesNot = await send({ method: "GET", url, maxBytes: 999 });

    await server.stop(true);
    expect(body.length).toBeLessThan(999);
    expect(fits.kind === "answer" && fits.body.length).toBe(1000);
    expect(short(doesNot)).toBe("too_large, written");
  });

  test("may be of any size that was allowed, to the byte", async () => {
    vendor.answerWith({ status: 200, body: "x".repeat(5_000) });

    expect(short(await send({ maxBytes: 5_000 }))).toBe(200);
    expect(short(await send({ maxBytes: 4_999 }))).toBe("too_large, written");
  });
});

test("a header that cannot be written is a result, not an exception", async () => {
  expect(await send({ headers: { "x-key": "a\r\nb" } })).toEqual({
    kind: "failed",
    code: "broken",
    written: false,
  });
  expect(vendor.requests).toEqual([]);
});

test("log and metrics say who, what and how it ended, and nothing that was said", async () => {
  await send();
  await vendor.become("reset");
  await send();

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: "integration.called", integration: "example", operation: "send", status: 200 },
    { event: "integration.called", integration: "example", operation: "send", code: "connection" },
  ]);
  const rendered = await metrics.render();
  expect(rendered).toContain('integration_calls_total{name="example",operation="send",outcome="connection"}');
  expect(rendered).toContain('integration_seconds_count{name="example",operation="send"}');
  expect(lines.join() + rendered).not.toMatch(/in-the-query|in-a-header|in-a-body|127\.0\.0\.1/);
});
