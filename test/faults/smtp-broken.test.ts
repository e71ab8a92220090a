import { afterAll, describe, expect, test } from "bun:test";
import type { Database } from "#/kernel/db";
import { type DatabaseKind, openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { type Fault, startProxy } from "../support/proxy";
import { startSmtp } from "../support/smtp";
import { countOrphans } from "../support/tally";
import { until } from "../support/until";

/** As many as are tried once before the first ones are due again, also where each attempt takes its five seconds. */
const messages = 8;
const posts = 60;

const places = await openPlaces();
afterAll(places.close);

async function post(url: string, n: number): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: `Message ${n}` }),
  });
  await answer.bytes();
  expect(answer.status).toBe(200);
  return performance.now() - began;
}

/** Of posts by four clients, in milliseconds. */
async function p99(url: string, count: number): Promise<number> {
  const waits: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < count) waits.push(await post(url, next++));
  };
  await Promise.all([client(), client(), client(), client()]);
  return Math.round(waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)] as number);
}

const readStates = async ({ executeSql }: Database) =>
  (await executeSql("select state, count(*)::int as count from gatehouse.deliveries group by state")).rows;

async function openBehindProxy(kind: DatabaseKind, cleanup: AsyncDisposableStack) {
  const place = cleanup.use(await places.open(kind));
  const smtp = await startSmtp();
  cleanup.defer(() => smtp.stop());
  const proxy = await startProxy(Number(new URL(smtp.url).port));
  cleanup.defer(proxy.stop);
  const running = await startExecutable({
    ...place.env,
    SMTP_URL: `smtp://127.0.0.1:${proxy.port}`,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
  });
  return { place, smtp, proxy, running };
}

describe.each(places.kinds)("a mail server that is broken, %s", (kind) => {
  test("makes no visitor wait", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { place, smtp, proxy, running } = await openBehindProxy(kind, cleanup);
    await p99(running.url, posts);
    const healthy = await p99(running.url, posts);
    await until(() => smtp.messages.length === 2 * posts, 30);

    await proxy.become("stalled");
    const broken = await p99(running.url, posts);
    expect(await running.kill()).toBe(0);

    const orphans = await place.inspect(countOrphans);
    console.error(
      `${kind}, mail stalled: form p99 ${broken} ms, and ${healthy} ms with a mail server that works`,
    );
    expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
    // Twenty per cent of a few milliseconds are lost in the noise of a shared machine.
    expect(broken).toBeLessThan(1.2 * healthy + 250);
  }, 60_000);

  test.concurrent.each(["gone", "stalled", "dripping", "garbage"] satisfies Fault[])(
    "%s: every mail arrives once it is well again, and none twice",
    async (fault) => {
      await using cleanup = new AsyncDisposableStack();
      const { place, smtp, proxy, running } = await openBehindProxy(kind, cleanup);
      await proxy.become(fault);
      await p99(running.url, messages);
      await until(() => fault === "gone" || proxy.accepted() > 0);
      await Bun.sleep(2_000);
      const early = smtp.messages.length;

      await proxy.become("none");
      const began = performance.now();
      await until(() => smtp.messages.length >= messages, 60);
      const drainedMs = Math.round(performance.now() - began);
      expect(await running.kill()).toBe(0);

      const states = await place.inspect(readStates);
      const ids = new Set(smtp.messages.map(({ headers }) => headers.get("message-id")?.[0]));
      console.error(
        `${kind}, mail ${fault}: ${messages} messages, all delivered ${drainedMs} ms after it was well, ${smtp.messages.length - ids.size} twice`,
      );
      expect(early).toBe(0);
      expect(states).toEqual([{ state: "delivered", count: messages }]);
      expect(ids.size).toBe(smtp.messages.length);
    },
    120_000,
  );
});
