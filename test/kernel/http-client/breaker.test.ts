import { afterAll, beforeEach, expect, test } from "bun:test";
import { createHttpClient, type HttpCall } from "#/kernel/http-client";
import { createLog } from "#/kernel/log";
import { createMetrics } from "#/kernel/metrics";
import { startFaultyVendor, type VendorFault } from "../../support/fakes/faulty-vendor";
import { until } from "../../support/until";

const vendor = await startFaultyVendor();
afterAll(vendor.stop);

let time = 0;
let metrics = createMetrics();
let client = createHttpClient({ log: () => {}, metrics });
beforeEach(async () => {
  time = 0;
  metrics = createMetrics();
  client = createHttpClient({ log: createLog("error"), metrics, clock: () => time });
  vendor.requests.length = 0;
  vendor.answerWith({ status: 200 });
  await vendor.become("answer");
});

const call: HttpCall = {
  integration: "example",
  operation: "send",
  method: "GET",
  url: vendor.url,
  target: "configured",
  firstByteMs: 3_000,
  totalMs: 3_000,
};
/** For calls that nobody answers. */
const short = { firstByteMs: 150, totalMs: 150 };
const send = async (how: Partial<HttpCall> = {}) => {
  const result = await client.call({ ...call, ...how });
  return result.kind === "answer" ? result.status : result.code;
};
const times = async (count: number, how?: Partial<HttpCall>) => {
  const results: (string | number)[] = [];
  for (let n = 0; n < count; n++) results.push(await send(how));
  return results;
};

test.each<[VendorFault, string | number]>([
  ["refuse", "connection"],
  ["hang", "timeout"],
  ["reset", "connection"],
  ["cut", "connection"],
  ["500", 500],
])("after five times %s nothing is sent for 30 seconds, then one call may try", async (fault, result) => {
  const how = fault === "hang" ? short : {};
  await vendor.become(fault);
  expect(await times(6, how)).toEqual([result, result, result, result, result, "breaker"]);
  const sent = vendor.requests.length;

  time = 12_000;
  expect(await client.call(call)).toEqual({ kind: "failed", code: "breaker", written: false, after: 18_000 });
  expect(vendor.requests).toHaveLength(sent);
  expect(await metrics.render()).toContain('integration_breaker_open{name="example"} 1');

  time = 30_000;
  expect(await times(2, how)).toEqual([result, "breaker"]);

  time = 60_000;
  await vendor.become("answer");
  expect(await times(2)).toEqual([200, 200]);
});

test.each<VendorFault>(["429", "redirect", "endless"])("%s does not count", async (fault) => {
  await vendor.become(fault);

  expect(await times(7)).not.toContain("breaker");
});

test("an answer in between begins the count anew", async () => {
  await vendor.become("500");
  await times(4);
  await vendor.become("answer");
  await send();
  await vendor.become("500");

  expect(await times(6)).toEqual([500, 500, 500, 500, 500, "breaker"]);
});

test("while one call tries, the others do not", async () => {
  await vendor.become("500");
  await times(5);
  time = 30_000;
  await vendor.become("hang");

  const results = await Promise.all([send(short), send(short), send(short)]);

  expect(results).toEqual(["timeout", "breaker", "breaker"]);
});

test("a breaker of its own concerns nobody else", async () => {
  await vendor.become("500");
  await times(5, { breaker: "endpoint 1" });

  expect(await send({ breaker: "endpoint 1" })).toBe("breaker");
  expect(await send({ breaker: "endpoint 2" })).toBe(500);
  expect(await send()).toBe(500);
});

test("eight calls are under way at a time; the ninth waits, and is told when it was in vain", async () => {
  await vendor.become("hang");
  const before = vendor.connections();

  const calls = Array.from({ length: 9 }, (_, n) =>
    send({ totalMs: n === 8 ? 200 : 3_000, breaker: `endpoint ${n}` }),
  );
  await until(() => vendor.connections() - before === 8);

  expect(await calls[8]).toBe("busy");
  expect(vendor.connections() - before).toBe(8);
  await vendor.become("refuse");
  expect(await Promise.all(calls.slice(0, 8))).toEqual(new Array(8).fill("connection"));
});

test("one destination takes at most half of them, so that a slow one does not stop the rest", async () => {
  await vendor.become("hang");
  const before = vendor.connections();
  const slow = Array.from({ length: 8 }, () => send({ breaker: "slow" }));
  await until(() => vendor.requests.length === 4);
  await vendor.become("answer");

  expect(await send({ breaker: "quick" })).toBe(200);
  expect(vendor.connections() - before).toBe(5);
  await vendor.become("refuse");
  await Promise.all(slow);
});

test("those who wait get their turn in order", async () => {
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, n) => send({ url: `${vendor.url}/${n}` })),
  );

  expect(results).toEqual(new Array(30).fill(200));
  const order = vendor.requests.map(({ path }) => Number(path.slice(1)));
  // Eight run beside each other, so none can be further ahead than that.
  expect(order.filter((n, place) => n >= place + 8)).toEqual([]);
});
