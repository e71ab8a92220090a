import { describe, expect, test } from "bun:test";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { spawnExecutable, startExecutable } from "../support/executable";
import { startSenders } from "../support/senders";
import { tally } from "../support/tally";
import { until } from "../support/until";

describe.each(kindsUnderTest("embedded"))("one process on one directory, %s", () => {
  test("a second process on one directory ends within 2 s and says why, and the first goes on storing", async () => {
    using place = embeddedPlace();
    const first = await startExecutable(place.env);
    const senders = startSenders(() => first.url, 4);
    await until(() => senders.acknowledged().length > 0);

    const began = performance.now();
    const second = await spawnExecutable(place.env);
    const code = await Promise.race([second.exited, Bun.sleep(5_000)]);
    const tookMs = performance.now() - began;
    void second.kill("SIGKILL");
    const before = senders.acknowledged().length;
    await until(() => senders.acknowledged().length > before + 20);
    await senders.finish();
    await first.kill();

    expect({ code, output: second.output() }).toEqual({
      code: 75,
      output: expect.stringContaining(
        `The data directory ${place.env.DATA_DIR} is in use by another gatehouse process`,
      ),
    });
    expect(second.output().trim().split("\n")).toHaveLength(1);
    expect(tookMs).toBeLessThan(2_000);
    expect({ strange: senders.strange, lost: senders.lost() }).toEqual({ strange: [], lost: 0 });
    const found = await place.inspect((database) => tally(database, senders.sent));
    expect(found).toMatchObject({ missing: 0, doubled: 0, acknowledged: senders.sent.length });
  }, 30_000);

  test("after kill -9 of the holder the next one starts at once", async () => {
    using place = embeddedPlace();
    const first = await startExecutable(place.env);
    expect(await first.kill("SIGKILL")).toBe(137);

    const second = await startExecutable(place.env);

    expect(await second.kill()).toBe(0);
  }, 30_000);
});
