import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  createRateLimits,
  parseRateRule,
  type RateRule,
  rateHeaders,
  rateLimited,
} from "#/kernel/rate-limit";
import { memoryCounters } from "#/kernel/rate-limit/memory-counters";

const rule: RateRule = { name: "form", points: 3, seconds: 60 };

/** Limits in memory under a clock that moves by hand. */
function atTime() {
  let at = Date.UTC(2026, 0, 1);
  const limits = createRateLimits({ config: { RATE_LIMIT: "on" }, now: () => new Date(at) });
  const send = (client = "203.0.113.9", by = rule) => limits.consume(by, client);
  return {
    limits,
    send,
    /** Goes over the limit and gives the seconds to wait. */
    async exceed(by = rule) {
      let verdict = await send(undefined, by);
      for (let i = 0; verdict.allowed && i < by.points; i++) verdict = await send(undefined, by);
      return verdict.retryAfter;
    },
    pass: (seconds: number) => {
      at += seconds * 1000;
    },
  };
}

describe("a rule", () => {
  test("lets exactly its points pass, and says truly when to come back", async () => {
    const { send, pass } = atTime();

    const verdicts = [await send(), await send()];
    pass(17.5);
    verdicts.push(await send(), await send());

    expect(verdicts.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(verdicts[3]).toEqual({
      allowed: false,
      limit: 3,
      remaining: 0,
      resetSeconds: 43,
      retryAfter: 43,
      isFirst: true,
    });
    pass(42);
    expect((await send()).allowed).toBe(false);
    pass(1);
    expect((await send()).allowed).toBe(true);
  });

  test("counts each client and each rule apart", async () => {
    const { send } = atTime();
    for (let i = 0; i < 4; i++) await send();

    expect((await send("203.0.113.10")).allowed).toBe(true);
    expect((await send("203.0.113.9", { ...rule, name: "other" })).allowed).toBe(true);
    expect((await send("203.0.113.9")).allowed).toBe(false);
  });

  test("gives a point back, and never more than were taken", async () => {
    const { limits, send } = atTime();
    await send();

    for (let i = 0; i < 5; i++) await limits.giveBack(rule, "203.0.113.9");

    const passed = [await send(), await send(), await send(), await send()];
    expect(passed.filter(({ allowed }) => allowed).length).toBe(3);
  });

  test("forgets a client, and how often it went over", async () => {
    const { limits, send, exceed, pass } = atTime();
    await exceed();
    pass(60);
    expect(await exceed()).toBe(120);

    await limits.reset(rule, "203.0.113.9");

    expect((await send()).remaining).toBe(2);
    expect(await exceed()).toBe(60);
  });

  test("names the one that went over, of all that are refused", async () => {
    const { send } = atTime();

    const verdicts = [];
    for (let i = 0; i < 6; i++) verdicts.push(await send());

    expect(verdicts.map(({ isFirst }) => isFirst ?? false)).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  test("of 0 points, and all of them with RATE_LIMIT=off, refuses nobody", async () => {
    const off = createRateLimits({ config: { RATE_LIMIT: "off" }, now: () => new Date() });

    for (let i = 0; i < 20; i++) {
      expect((await off.consume(rule, "a")).allowed).toBe(true);
      expect((await atTime().limits.consume({ ...rule, points: 0 }, "a")).allowed).toBe(true);
    }
  });

  test("passes as many as it says in any order of time and clients", async () => {
    const steps = fc.array(
      fc.record({ client: fc.constantFrom("a", "b"), wait: fc.integer({ min: 0, max: 30 }) }),
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { send, pass } = atTime();
        const passed: Record<string, number[]> = { a: [], b: [] };
        let clock = 0;
        for (const { client, wait } of all) {
          pass(wait);
          clock += wait;
          if ((await send(client)).allowed) passed[client]?.push(clock);
        }
        // A fixed window lets at most twice its points into any stretch of its length.
        for (const times of Object.values(passed)) {
          for (const start of times) {
            expect(times.filter((time) => time >= start && time < start + 60).length).toBeLessThanOrEqual(6);
          }
        }
      }),
    );
  });
});

describe("going over a rule again", () => {
  test("doubles the wait each time, up to an hour", async () => {
    const { exceed, pass } = atTime();
    const waits: number[] = [];

    for (let i = 0; i < 9; i++) {
      const wait = await exceed();
      waits.push(wait);
      pass(wait);
    }

    expect(waits).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
  });

  test("does not prolong the wait while it lasts", async () => {
    const { exceed, send, pass } = atTime();
    pass(await exceed());
    await exceed();

    for (let i = 0; i < 100; i++) await send();
    pass(119);

    expect((await send()).retryAfter).toBe(1);
    pass(1);
    expect((await send()).allowed).toBe(true);
  });

  test("starts from the beginning when ten minutes have passed since the wait ended", async () => {
    const { exceed, pass } = atTime();
    pass(await exceed());
    pass(await exceed());
    pass(601);

    expect(await exceed()).toBe(60);
  });

  test("is forgiven to a client that cannot be told apart", async () => {
    const { exceed, pass } = atTime();
    const proxy = { ...rule, doubling: false };

    for (let i = 0; i < 4; i++) {
      expect(await exceed(proxy)).toBe(60);
      pass(60);
    }
  });

  test("of a rule with a long window waits for its end", async () => {
    const { exceed, pass } = atTime();
    const daily = { name: "daily", points: 2, seconds: 86_400 };
    pass(await exceed(daily));

    expect(await exceed(daily)).toBe(86_400);
  });
});

describe("memory", () => {
  test("holds a bounded number of counters; beyond it new addresses share the one of their network", () => {
    const counters = memoryCounters(() => new Date(0), 1000);
    for (let i = 0; i < 1000; i++) counters.add(`form:192.0.${i >> 8}.${i & 255}|contact`, 60);

    expect(counters.add("form:203.0.113.1|contact", 60).points).toBe(1);
    expect(counters.add("form:203.0.200.2|contact", 60).points).toBe(2);
    expect(counters.add("form:198.51.100.1|contact", 60).points).toBe(1);
    expect(counters.add("form:2001:db8:1:1::/64", 60).points).toBe(1);
    expect(counters.add("form:2001:db8:2:2::/64", 60).points).toBe(2);
    expect(counters.add("form:192.0.0.1|contact", 60).points).toBe(2);
  });

  test("is given back when windows close", () => {
    let at = 0;
    const counters = memoryCounters(() => new Date(at), 1000);
    for (let i = 0; i < 5000; i++) counters.add(`form:${i >> 8}.${i & 255}.1.1`, 60);
    expect(counters.size()).toBeLessThanOrEqual(1335);

    at = 61_000;
    counters.add("form:203.0.113.1", 60);

    expect(counters.size()).toBe(1);
  });

  test("grows by at most 20 MB for a million addresses", () => {
    const program = `
      import { heapStats } from "bun:jsc";
      import { memoryCounters } from "#/kernel/rate-limit/memory-counters";
      const counters = memoryCounters(() => new Date(0));
      Bun.gc(true);
      const before = heapStats().heapSize;
      for (let i = 0; i < 1_000_000; i++) {
        counters.add(\`form:\${(i >> 12) & 255}.\${(i >> 4) & 255}.\${i & 15}.\${i >> 20}|contact\`, 60);
      }
      Bun.gc(true);
      process.stdout.write(JSON.stringify({ grown: heapStats().heapSize - before, size: counters.size() }));`;

    const { stdout } = Bun.spawnSync(["bun", "-e", program], { cwd: `${import.meta.dir}/../../..` });
    const { grown, size } = JSON.parse(stdout.toString());

    expect(size).toBeGreaterThan(50_000);
    expect(size).toBeLessThan(70_000);
    expect(grown).toBeLessThan(20 * 1024 * 1024);
  }, 20_000);
});

describe("the text of a rule", () => {
  test.each([
    ["10/60s", 10, 60],
    [" 20 / 1h ", 20, 3600],
    ["30/m", 30, 60],
    ["1000/1d", 1000, 86_400],
    ["off", 0, 1],
  ])("%p is read", (text, points, seconds) => {
    expect(parseRateRule("form", text)).toEqual({ name: "form", points, seconds });
  });

  test.each(["", "10", "10/", "10/60", "0/60s", "-1/60s", "10/0s", "1e3/60s", "10/60s;", "ten/60s"])(
    "%p is not",
    (text) => {
      expect(parseRateRule("form", text)).toBeUndefined();
    },
  );
});

test("the headers say the rule and what is left", async () => {
  const { send } = atTime();

  expect(rateHeaders(await send(), rule)).toEqual({
    "RateLimit-Policy": '"form";q=3;w=60',
    RateLimit: '"form";r=2;t=60',
  });
  await send();
  await send();
  expect(rateHeaders(await send(), rule)).toMatchObject({
    "Retry-After": "60",
    RateLimit: '"form";r=0;t=60',
  });
  expect(
    rateHeaders({ allowed: true, limit: 0, remaining: 0, resetSeconds: 0, retryAfter: 0 }, rule),
  ).toEqual({});
});

test("a refusal says the rule in headers, and when to come back", async () => {
  const { send } = atTime();
  for (let i = 0; i < 3; i++) await send();

  const refusal = rateLimited(rule, await send(), "messages");

  expect(refusal).toMatchObject({
    status: 429,
    code: "rate_limited",
    message: "Too many messages. Try again in 60 seconds.",
    retryAfter: 60,
    headers: { "ratelimit-policy": '"form";q=3;w=60', ratelimit: '"form";r=0;t=60' },
  });
});
