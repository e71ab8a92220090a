import { describe, expect, test } from "bun:test";
import { createHashQueue } from "#/kernel/crypto";
import { AppError } from "#/kernel/errors";
import { createMetrics } from "#/kernel/metrics";
import { until } from "../../support/until";

/** A queue whose works end when they are told to. */
function atHand({ slots = 1, maxWaitMs = 1e9 } = {}) {
  const metrics = createMetrics();
  const queue = createHashQueue({ slots, maxWaitMs, metrics });
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const settled = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return {
    queue,
    begun,
    /** Puts a named work in; the answer is its name. */
    put(name: string, caller: { client?: string; signal?: AbortSignal } = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      ends.set(name, (error) => (error ? reject(error) : resolve(name)));
      const answer = queue.run(() => {
        begun.push(name);
        return promise;
      }, caller);
      answer.catch(() => {});
      return answer;
    },
    async end(name: string, error?: Error) {
      ends.get(name)?.(error);
      await settled();
    },
    /** The value of a series; reading is shared for a second, so once for each queue. */
    async read(series: string) {
      const text = await metrics.render();
      return Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length),
      );
    },
  };
}

const refusalOf = async (answer: Promise<unknown>) => {
  const error = await answer.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof AppError)) throw error ?? new Error("It was not refused");
  const { status, code, retryAfter } = error;
  return { status, code, retryAfter };
};

const isWaiting = (answer: Promise<unknown>) =>
  Promise.race([answer.then(() => false).catch(() => false), Bun.sleep(1).then(() => true)]);

describe("turns", () => {
  test("as many at one time as there are slots, the others in the order they came", async () => {
    const { put, end, begun } = atHand({ slots: 2 });
    const answers = ["a", "b", "c", "d", "e"].map((name) => put(name));

    expect(begun).toEqual(["a", "b"]);
    await end("b");
    expect(begun).toEqual(["a", "b", "c"]);
    await end("a");
    await end("c");
    expect(begun).toEqual(["a", "b", "c", "d", "e"]);

    await end("e");
    await end("d");
    expect(await Promise.all(answers)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("whoever comes while a slot changes hands does not get in before those who wait", async () => {
    const { queue, put, end, begun } = atHand();
    const overtaking = put("a").then(() => queue.run(async () => void begun.push("late")));
    put("b");
    put("c");

    await end("a");
    await end("b");
    await end("c");
    await overtaking;

    expect(begun).toEqual(["a", "b", "c", "late"]);
  });

  test("a work that throws says so to its caller and gives its slot on", async () => {
    const { put, end, begun } = atHand();
    const broken = put("a");
    put("b");

    await end("a", new RangeError("no"));

    expect(broken).rejects.toThrow(RangeError);
    expect(begun).toEqual(["a", "b"]);
  });

  test("without a number of slots there is at least one, and not as many as cores", async () => {
    const cores = navigator.hardwareConcurrency;
    const queue = createHashQueue({ maxWaitMs: 1e9, metrics: createMetrics() });
    let begun = 0;
    const work = () => {
      begun++;
      return new Promise(() => {});
    };

    for (let i = 0; i < cores + 5; i++) queue.run(work);

    expect(begun).toBe(Math.max(1, cores - 1));
  });
});

describe("admission", () => {
  test("refuses with 503 and the seconds to wait once the expected wait is too long", async () => {
    // Nothing has been measured yet, so each of those who wait counts 20 ms.
    const { put, end, read } = atHand({ slots: 2, maxWaitMs: 1_500 });
    for (const name of ["a", "b"]) put(name);
    for (let i = 0; i <= 150; i++) put(`w${i}`);

    expect(await refusalOf(put("late"))).toEqual({ status: 503, code: "busy", retryAfter: 1.51 });
    expect(await read('hashing_refusals_total{reason="busy"}')).toBe(1);
    for (const name of ["a", "b", ...Array.from({ length: 100 }, (_, i) => `w${i}`)]) await end(name);
    expect(await isWaiting(put("in time"))).toBe(true);
  });

  test("goes by what the works really took", async () => {
    const { queue, put } = atHand({ maxWaitMs: 100 });
    for (let i = 0; i < 40; i++) await queue.run(async () => "at once");
    put("running");

    // By the first guess of 20 ms the seventh would be refused.
    for (let i = 0; i < 50; i++) put(`w${i}`);

    expect(await isWaiting(put("let in"))).toBe(true);
  });

  test("lets 20 of one network wait, refuses the next with 429, and takes others", async () => {
    const { put, end, begun } = atHand();
    const client = "203.0.113.9";
    put("running", { client });
    for (let i = 0; i < 20; i++) put(`w${i}`, { client });

    expect(await refusalOf(put("w20", { client }))).toMatchObject({ status: 429, code: "rate_limited" });
    expect((await refusalOf(put("w20", { client }))).retryAfter).toBeGreaterThanOrEqual(1);
    put("neighbour", { client: "203.0.113.10" });
    put("command");
    await end("running");
    put("w21", { client });
    expect(await refusalOf(put("w22", { client }))).toMatchObject({ status: 429 });

    for (let i = 0; i < 20; i++) await end(`w${i}`);
    for (const name of ["neighbour", "command", "w21"]) await end(name);
    expect(begun.slice(-3)).toEqual(["neighbour", "command", "w21"]);
  });
});

describe("a caller that left", () => {
  test("gives up its place, in the queue and in its network's count", async () => {
    const { put, end, begun } = atHand();
    const client = "203.0.113.9";
    put("running", { client });
    const leaving = new AbortController();
    const left = put("w0", { client, signal: leaving.signal });
    for (let i = 1; i < 20; i++) put(`w${i}`, { client });

    leaving.abort();
    put("w20", { client });

    expect(await refusalOf(left)).toMatchObject({ status: 400, code: "caller_left" });
    expect(await refusalOf(put("w21", { client }))).toMatchObject({ status: 429 });
    await end("running");
    expect(begun).toEqual(["running", "w1"]);
  });

  test("never gets a turn when it left before it came", async () => {
    const { put, begun } = atHand();

    expect(await refusalOf(put("a", { signal: AbortSignal.abort() }))).toMatchObject({ code: "caller_left" });
    put("b");

    expect(begun).toEqual(["b"]);
  });

  test("changes nothing once its work has begun", async () => {
    const { put, end, begun } = atHand();
    const client = "203.0.113.9";
    const leaving = new AbortController();
    put("a");
    const answer = put("b", { client, signal: leaving.signal });
    await end("a");

    leaving.abort();
    for (let i = 0; i < 20; i++) put(`w${i}`, { client });

    expect(await refusalOf(put("w20", { client }))).toMatchObject({ status: 429 });
    await end("b");
    expect(await answer).toBe("b");
    expect(begun).toEqual(["a", "b", "w0"]);
  });
});

describe("the rest of the process", () => {
  test("has its turns and reads its files while 200 passwords wait", async () => {
    const metrics = createMetrics();
    const queue = createHashQueue({ slots: 1, maxWaitMs: 1e9, metrics });
    const hash = () =>
      Bun.password.hash("a password", { algorithm: "argon2id", memoryCost: 8_192, timeCost: 1 });
    let [left, ticks, reads] = [200, 0, 0];
    const hashes = Array.from({ length: left }, () => queue.run(hash).finally(() => left--));
    const ticking = setInterval(() => ticks++, 1);

    // With all 200 given to Bun at once no file is read before the last of them is done.
    while (left > 0) {
      await Bun.file(import.meta.path).text();
      if (left > 0) reads++;
    }
    await Promise.all(hashes);
    clearInterval(ticking);

    expect(reads).toBeGreaterThan(50);
    expect(ticks).toBeGreaterThan(50);
  });
});

test("tells how many wait, and how long the works took", async () => {
  const { put, end, read } = atHand();
  for (const name of ["a", "b", "c", "d"]) put(name);
  await end("a");
  await until(async () => (await read("hashing_waiting_requests")) === 2);

  expect(await read("hashing_seconds_count")).toBe(1);
});
