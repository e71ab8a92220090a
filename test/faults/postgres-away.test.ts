import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openPlaces } from "../support/databases";
import { type Started, spawnExecutable, startExecutable, untilReady } from "../support/executable";
import type { PostgresServer } from "../support/postgres";
import { type FaultyProxy, startProxy } from "../support/proxy";
import { startSenders } from "../support/senders";
import { countOrphans, tally } from "../support/tally";
import { until } from "../support/until";

/** How long it is away: `AWAY_SECONDS=60` for what is promised. */
const awaySeconds = Number(process.env.AWAY_SECONDS ?? 5);
const clients = 20;
/** What a visitor may wait to be told that nothing can be stored (D6). */
const longestAnswerMs = 2_000;

const places = await openPlaces("postgres");
afterAll(places.close);

/** Megabytes that it holds (proc(5), `VmRSS`). */
function memoryOf({ pid }: Started): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

async function get(url: string, path: string) {
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(10_000) });
  return { status: answer.status, text: await answer.text() };
}

/** Looks at the probes all the time until it is stopped; gives every different answer, and the longest wait. */
function watchProbes(url: string) {
  const seen = new Set<string>();
  let longest = 0;
  let on = true;
  const watching = (async () => {
    while (on) {
      const began = performance.now();
      for (const path of ["/health", "/api/v1/healthz"]) seen.add(`${path} ${(await get(url, path)).status}`);
      longest = Math.max(longest, performance.now() - began);
      await Bun.sleep(100);
    }
  })();
  return {
    async stop() {
      on = false;
      await watching;
      return { seen: [...seen].sort(), longestMs: Math.round(longest) };
    },
  };
}

const probesLive = ["/api/v1/healthz 200", "/health 200"];

describe.each(places.kinds)("PostgreSQL away, %s", (kind) => {
  const server = places.server as PostgresServer;
  const portOf = (url: string) => Number(new URL(url).port);

  /** A database behind a proxy. */
  async function openBehind(cleanup: AsyncDisposableStack) {
    const place = cleanup.use(await places.open(kind));
    const direct = place.env.DATABASE_URL as string;
    const proxy = await startProxy(portOf(direct));
    cleanup.defer(proxy.stop);
    const env = { ...place.env, DATABASE_URL: direct.replace(`:${portOf(direct)}`, `:${proxy.port}`) };
    return { place, proxy, env };
  }

  /** Load while it is hurt for `awaySeconds`, then until it is well again. */
  async function hurt(running: Started, proxy: FaultyProxy, fault: "gone" | "stalled" | "slow") {
    const senders = startSenders(() => running.url, clients);
    await until(() => senders.acknowledged().length > 500, 20);
    const before = memoryOf(running);
    await proxy.become(fault);
    const probes = watchProbes(running.url);
    await Bun.sleep(awaySeconds * 1000);
    const named = await get(running.url, "/api/v1/readyz");
    const after = memoryOf(running);
    const { seen, longestMs } = await probes.stop();
    await proxy.become("none");
    const back = performance.now();
    const stored = senders.acknowledged().length;
    await until(() => senders.acknowledged().length > stored + 100, 20);
    const recoveredMs = Math.round(performance.now() - back);
    await senders.finish();
    return { senders, named, seen, longestMs, grownMb: after - before, recoveredMs };
  }

  test("at its start: it answers, says what is missing, refuses in time, and serves once it is there", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { place, proxy, env } = await openBehind(cleanup);
    await proxy.become("gone");
    const running = await spawnExecutable(env);
    await until(async () => (await get(running.url, "/health").catch(() => undefined))?.status === 200, 10);

    const named = await get(running.url, "/api/v1/readyz");
    const live = await get(running.url, "/api/v1/healthz");
    const senders = startSenders(() => running.url, clients);
    await until(() => senders.refused() > 3 * clients, 10);
    const longestMs = senders.longestMs();
    await proxy.become("none");
    const back = performance.now();
    await untilReady(running);
    const recoveredMs = Math.round(performance.now() - back);
    await until(() => senders.acknowledged().length > 100, 10);
    await senders.finish();
    expect(await running.kill()).toBe(0);

    const found = await place.inspect((database) => tally(database, senders.sent));
    console.error(
      `gone at start: ${senders.refused()} told 503, the longest wait ${longestMs} ms; ready ${recoveredMs} ms after it was there;`,
      `${found.acknowledged} acknowledged, ${found.missing} missing`,
    );
    expect({ named: named.status, live: live.status }).toEqual({ named: 503, live: 200 });
    expect(named.text).toContain("database");
    expect(longestMs).toBeLessThan(longestAnswerMs);
    expect(recoveredMs).toBeLessThan(5_000);
    expect(found).toMatchObject({ missing: 0, doubled: 0, acknowledged: senders.sent.length });
    expect({ strange: senders.strange, hung: senders.hung() }).toEqual({ strange: [], hung: 0 });
  }, 60_000);

  test.each([
    // Of a server that is slow nobody says that it is away; what must not happen is that anybody waits long.
    ["gone", 503],
    ["stalled", 503],
    ["slow", undefined],
  ] as const)(
    "%s under load: everybody has an answer within two seconds, nothing is lost, and memory stays",
    async (fault, ready) => {
      await using cleanup = new AsyncDisposableStack();
      const { place, proxy, env } = await openBehind(cleanup);
      const running = await startExecutable(env);

      const { senders, named, seen, longestMs, grownMb, recoveredMs } = await hurt(running, proxy, fault);
      expect(await running.kill()).toBe(0);

      const found = await place.inspect((database) => tally(database, senders.sent));
      const orphans = await place.inspect(countOrphans);
      await server.amcheck(place.env.DATABASE_URL as string);
      console.error(
        `${fault} for ${awaySeconds} s: ${found.acknowledged} acknowledged, ${found.missing} missing, ${found.doubled} doubled,`,
        `${senders.refused()} told 503, longest answer ${senders.longestMs()} ms, probes ${longestMs} ms;`,
        `100 stored ${recoveredMs} ms after it was back; memory ${grownMb >= 0 ? "+" : ""}${grownMb} MB`,
      );
      if (ready) expect(named).toMatchObject({ status: ready, text: expect.stringContaining("database") });
      expect(seen).toEqual(probesLive);
      expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0, acknowledged: senders.sent.length });
      expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
      expect({ strange: senders.strange, hung: senders.hung() }).toEqual({ strange: [], hung: 0 });
      expect(senders.longestMs()).toBeLessThan(longestAnswerMs);
      expect(grownMb).toBeLessThan(50);
    },
    60_000 + awaySeconds * 1000,
  );
});
