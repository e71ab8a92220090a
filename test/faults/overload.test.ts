import { afterAll, describe, expect, test } from "bun:test";
import { contactPost, pressOn, type Seen } from "../support/clients";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { percentile } from "../support/percentile";
import { forgetPeak, peakMegabytes, residentMegabytes } from "../support/process-figures";

const places = await openPlaces();
afterAll(places.close);

const seconds = Number(process.env.OVERLOAD_SECONDS ?? 4);
const messages = "select fields ->> 'message' as text from gatehouse.submissions";

const acknowledged = ({ byStatus }: Seen) => byStatus.get(200)?.numbers ?? [];
const refused = ({ byStatus }: Seen) => byStatus.get(503)?.numbers.length ?? 0;
/** What became of those that were neither stored nor refused as they should be. There should be none. */
const astray = ({ byStatus, blunt, broken, unanswered }: Seen) => ({
  others: [...byStatus]
    .filter(([status]) => status !== 200 && status !== 503)
    .map(([, { example }]) => example),
  blunt,
  broken,
  unanswered,
});

function tell(what: string, seen: Seen): void {
  const [stored, refusals] = [200, 503].map((status) => seen.byStatus.get(status)?.waits ?? []);
  const figures = (waits: readonly number[] = []) =>
    `${waits.length} (${Math.round(waits.length / seen.seconds)}/s), p50 ${percentile(waits, 50)}, ` +
    `p99 ${percentile(waits, 99)}, longest ${percentile(waits, 100)} ms`;
  console.error(`${what}: stored ${figures(stored)}; refused ${figures(refusals)}`);
}

describe.each(places.kinds)("overload, %s", (kind) => {
  test("is shed with 503 and Retry-After; what was acknowledged is stored, and memory stays flat", async () => {
    using place = await places.open(kind);
    const running = await startExecutable({ ...place.env, NOTIFY_EMAIL: "" });
    let from = 0;
    const press = async (what: string, how: { connections: number; rate?: number }) => {
      from += 1_000_000;
      const seen = await pressOn({ port: running.port, request: contactPost, from, seconds, ...how });
      tell(`${kind}, ${what}`, seen);
      return seen;
    };

    const usual = await press("500 clients", { connections: 500 });
    const rate = Math.round((2 * acknowledged(usual).length) / usual.seconds);
    const first = await press(`twice as much, ${rate} a second`, { connections: 4_000, rate });
    const memoryBefore = residentMegabytes(running.pid);
    forgetPeak(running.pid);
    const second = await press("the same again", { connections: 4_000, rate });
    const stubborn = await press("8,000 that try again at once", { connections: 8_000 });
    const grownBy = peakMegabytes(running.pid) - memoryBefore;
    const after = await press("500 clients afterwards", { connections: 500 });
    const code = await running.kill();
    const rows = await place.inspect(({ executeSql }) => executeSql(messages));

    const all = [usual, first, second, stubborn, after];
    const texts = rows.rows.map(({ text }) => String(text));
    const stored = new Set(texts);
    const lost = all.flatMap(acknowledged).filter((number) => !stored.has(`Number ${number}`));
    console.error(
      `${kind}: ${all.flatMap(acknowledged).length} acknowledged, ${lost.length} lost; memory +${Math.round(grownBy)} MB at most`,
    );
    expect(all.map(astray)).toEqual(all.map(() => ({ others: [], blunt: 0, broken: 0, unanswered: 0 })));
    expect([usual, after].map(refused)).toEqual([0, 0]);
    expect(refused(stubborn)).toBeGreaterThan(0);
    expect(lost).toEqual([]);
    expect(texts.length).toBe(stored.size);
    expect(grownBy).toBeLessThan(kind === "embedded" ? 500 : 250);
    expect(code).toBe(0);
  }, 120_000);
});
