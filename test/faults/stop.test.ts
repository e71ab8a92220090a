import { afterAll, describe, expect, test } from "bun:test";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { startSenders } from "../support/senders";
import { countOrphans, tally } from "../support/tally";
import { until } from "../support/until";

const places = await openPlaces();
afterAll(places.close);

describe.each(places.kinds)("SIGTERM under load, %s", (kind) => {
  test("answers everything it has taken, loses nothing and ends with 0 within 10 s", async () => {
    using place = await places.open(kind);
    const running = await startExecutable(place.env);
    const senders = startSenders(() => running.url, 20);
    await until(() => senders.acknowledged().length > 100, 15);

    const began = performance.now();
    const code = await running.kill("SIGTERM");
    const tookMs = Math.round(performance.now() - began);
    await senders.stop();

    const found = await place.inspect((database) => tally(database, senders.sent));
    const orphans = await place.inspect(countOrphans);
    console.error(
      `${kind}: ${found.acknowledged} acknowledged, ${found.missing} missing, ${found.rows - found.acknowledged} stored`,
      `without an answer, ended after ${tookMs} ms, longest answer ${senders.longestMs()} ms`,
    );
    expect({ code, slow: tookMs > 10_000 }).toEqual({ code: 0, slow: false });
    expect(found).toMatchObject({ missing: 0, doubled: 0, foreign: 0 });
    // What was stored was accepted, so its client must have had an answer.
    expect(found.rows).toBe(found.acknowledged);
    expect(orphans).toMatchObject({ rowsWithoutJob: 0, deliveriesWithoutJob: 0, jobsWithoutRow: 0 });
    expect({ strange: senders.strange, hung: senders.hung() }).toEqual({ strange: [], hung: 0 });
  }, 40_000);
});
