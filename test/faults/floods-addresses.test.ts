import { afterAll, describe, expect, test } from "bun:test";
import { jsonPost, pressOn, type Seen } from "../support/clients";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { residentMegabytes } from "../support/process-figures";

const places = await openPlaces();
afterAll(places.close);

/** `FLOOD_ADDRESSES=1000000` for the whole promise; it takes some minutes. */
const addresses = Number(process.env.FLOOD_ADDRESSES ?? 100_000);
const limit = 60;
const limits = { RATE_LIMIT: "on", FORMS_RATE_ATTEMPTS: `${limit}/1h` };

/** 10.0.0.0 and up, spread so that neighbours in time are none in the network. */
const addressOf = (number: number): string => {
  const at = (number * 7_919) % 2 ** 24;
  return `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
};
/** A post without a field: it counts as an attempt, and is refused before anything is stored. */
const attemptFrom = (address: string): string => jsonPost("{}", `X-Forwarded-For: ${address}\r\n`);

const counts = ({ byStatus }: Seen): Record<number, number> =>
  Object.fromEntries([...byStatus].map(([status, { numbers }]) => [status, numbers.length]));

describe.each(places.kinds)("forwarded addresses, %s", (kind) => {
  test(
    "that a trusted proxy names take little memory, and each client is held to its limit exactly",
    async () => {
      using place = await places.open(kind);
      const running = await startExecutable({ ...place.env, ...limits, TRUSTED_PROXIES: "127.0.0.1" });
      const send = (count: number, from: (number: number) => string) =>
        pressOn({ port: running.port, connections: 100, count, request: (at) => attemptFrom(from(at)) });
      // The same work for few addresses first: what the work itself takes is not to be laid to theirs.
      const few = Math.ceil(addresses / 50);
      await send(addresses / 2, (number) => `172.16.${(number % few) >> 8}.${(number % few) & 255}`);
      const before = await send(limit - 10, () => "192.0.2.7");
      const memoryBefore = residentMegabytes(running.pid);

      const flood = await send(addresses, addressOf);
      const grownBy = residentMegabytes(running.pid) - memoryBefore;
      const after = await send(30, () => "192.0.2.7");
      const code = await running.kill();

      console.error(
        `${addresses} addresses in ${flood.seconds.toFixed(1)} s, ${kind}: ${JSON.stringify(counts(flood))};`,
        `memory ${grownBy >= 0 ? "+" : ""}${grownBy.toFixed(1)} MB`,
      );
      expect(counts(before)).toEqual({ 400: limit - 10 });
      expect(counts(after)).toEqual({ 400: 10, 429: 20 });
      // Memory has 50,000 counters, beyond which newcomers share those of their network; PostgreSQL has one for each.
      const { 400: counted = 0, 429: sharing = 0, ...others } = counts(flood);
      expect(others).toEqual({});
      expect(counted + sharing).toBe(addresses);
      expect(sharing > 0).toBe(kind === "embedded");
      expect([flood, after].map(({ blunt, broken, unanswered }) => blunt + broken + unanswered)).toEqual([
        0, 0,
      ]);
      // Counters take 8 MB, measured alone. The embedded database makes the collector patient, so much more is garbage.
      expect(grownBy).toBeLessThan(kind === "embedded" ? 150 : 40);
      expect(code).toBe(0);
    },
    60_000 + 2 * addresses,
  );

  test("that anybody else names count for nothing", async () => {
    using place = await places.open(kind);
    const running = await startExecutable({ ...place.env, ...limits, TRUSTED_PROXIES: "none" });

    const request = (number: number) => attemptFrom(addressOf(number));
    const sent = await pressOn({ port: running.port, connections: 20, count: 2_000, request });
    await running.kill();

    expect(counts(sent)).toEqual({ 400: limit, 429: 2_000 - limit });
    expect(running.output()).toContain("request.untrusted_forwarding");
  }, 30_000);
});
