import { afterAll, describe, expect, test } from "bun:test";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import type { PostgresServer } from "../support/postgres";
import { startSenders } from "../support/senders";
import { stopServer } from "../support/stop-server";
import { countOrphans, tally } from "../support/tally";
import { until } from "../support/until";

const places = await openPlaces("postgres");
afterAll(places.close);

/** Milliseconds after the server is back in which the last refusal may come (D4, D5). */
const backWithinMs = { fast: 2_000, immediate: 3_000 } as const;

describe.each(places.kinds)("PostgreSQL restarted under load, %s", (kind) => {
  test.each(["fast", "immediate"] as const)(
    "%s: nothing is lost, and whoever fails is told to come back",
    async (mode) => {
      const postgres = places.server as PostgresServer;
      using place = await places.open(kind);
      const running = await startExecutable(place.env);
      const senders = startSenders(() => running.url, 20);
      await until(() => senders.acknowledged().length > 200, 15);

      await postgres.restart(mode);
      const back = performance.now();
      const before = senders.acknowledged().length;
      await until(() => senders.acknowledged().length > before + 200, 15);
      await senders.finish();
      const lateMs = Math.max(0, Math.round(senders.lastRefusedAt() - back));
      expect(await running.kill()).toBe(0);

      const found = await place.inspect((database) => tally(database, senders.sent));
      const orphans = await place.inspect(countOrphans);
      await postgres.amcheck(place.env.DATABASE_URL as string);
      console.error(
        `postgres -m ${mode}: ${found.acknowledged} acknowledged, ${found.missing} missing, ${found.doubled} doubled,`,
        `${senders.refused()} told 503, the last ${lateMs} ms after it was back, longest answer ${senders.longestMs()} ms`,
      );
      expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0, acknowledged: senders.sent.length });
      expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
      expect({ strange: senders.strange, hung: senders.hung(), lost: senders.lost() }).toEqual({
        strange: [],
        hung: 0,
        lost: 0,
      });
      expect(lateMs).toBeLessThan(backWithinMs[mode]);
    },
    60_000,
  );
});

/** Rates that are counted in the database and refuse nobody: they are asked before a message is stored. */
const generous = {
  RATE_LIMIT: "on",
  FORMS_RATE_ATTEMPTS: "1000000/1h",
  FORMS_RATE_CLIENT: "1000000/1h",
  FORMS_RATE_CLIENT_FORM: "1000000/1h",
};

describe.each(places.kinds)("PostgreSQL stopped under load, %s", (kind) => {
  test("nobody waits longer than two seconds to be told so, and nothing is lost", async () => {
    const postgres = places.server as PostgresServer;
    using place = await places.open(kind);
    const running = await startExecutable({ ...place.env, ...generous });
    const senders = startSenders(() => running.url, 20);
    await until(() => senders.acknowledged().length > 200, 15);

    const goOn = stopServer(postgres);
    let back: number;
    try {
      await until(() => senders.refused() > 60, 15);
    } finally {
      back = performance.now();
      goOn();
    }
    const before = senders.acknowledged().length;
    await until(() => senders.acknowledged().length > before + 200, 15);
    const recoveredMs = Math.round(performance.now() - back);
    await senders.finish();
    expect(await running.kill()).toBe(0);

    const found = await place.inspect((database) => tally(database, senders.sent));
    const orphans = await place.inspect(countOrphans);
    await postgres.amcheck(place.env.DATABASE_URL as string);
    console.error(
      `postgres stopped: ${found.acknowledged} acknowledged, ${found.missing} missing, ${found.doubled} doubled,`,
      `${senders.refused()} told 503, longest answer ${senders.longestMs()} ms, 200 stored ${recoveredMs} ms after it went on`,
    );
    expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0, acknowledged: senders.sent.length });
    expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
    expect({ strange: senders.strange, hung: senders.hung(), lost: senders.lost() }).toEqual({
      strange: [],
      hung: 0,
      lost: 0,
    });
    expect(senders.longestMs()).toBeLessThan(2_000);
  }, 60_000);
});
