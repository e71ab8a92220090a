import { expect, test } from "bun:test";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { spawnExecutable, startExecutable } from "../support/executable";
import { startSenders } from "../support/senders";
import { until } from "../support/until";

const interruptions = Number(process.env.FIRST_STARTS ?? 20);
const atOnce = 2;

/** Kills a first start after `ms`, then starts again and stores a message. Gives how long the second start took. */
async function interruptAt(ms: number): Promise<number> {
  using place = embeddedPlace();
  const first = await spawnExecutable(place.env);
  await Bun.sleep(ms);
  await first.kill("SIGKILL");
  const began = performance.now();
  const second = await startExecutable(place.env);
  const tookMs = performance.now() - began;
  const senders = startSenders(() => second.url, 1);
  await until(() => senders.acknowledged().length > 0);
  await senders.finish();
  expect(await second.kill()).toBe(0);
  return tookMs;
}

test.each(kindsUnderTest("embedded"))(
  `%s: a first start that is killed leaves a directory that serves, ${interruptions} of ${interruptions}`,
  async () => {
    const moments = Array.from({ length: interruptions }, (_, n) => 50 + (950 * n) / (interruptions - 1));
    const took: number[] = [];
    const work = async () => {
      for (let ms = moments.shift(); ms !== undefined; ms = moments.shift()) took.push(await interruptAt(ms));
    };

    await Promise.all(Array.from({ length: atOnce }, work));

    console.error(
      `embedded: ${took.length} interrupted, the next start took at most ${Math.round(Math.max(...took))} ms`,
    );
    expect(took).toHaveLength(interruptions);
  },
  120_000,
);
