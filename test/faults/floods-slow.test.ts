import { afterAll, describe, expect, test } from "bun:test";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { percentile } from "../support/percentile";
import { connectRaw, rawStatus } from "../support/raw-connection";

const places = await openPlaces("embedded");
afterAll(places.close);

/**
 * A form takes 1 MB, which is there after 31 s at 32 KB/s, and 64 s for it: `SLOW_SECONDS=60` is the longest honest post.
 */
const slowSeconds = Number(process.env.SLOW_SECONDS ?? 20);

const formHead = "POST /f/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const fields = { name: "Ada", email: "ada@example.com", message: "From far away" };

/** What begins a connection, and what follows it once a second without an end. */
const drips: [string, string, string][] = [
  ["nothing at all", "", ""],
  ["nothing more after an answer", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", ""],
  ["headers", "GET /health HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n"],
  ["half a header", "GET /f/contact HTTP/1.1\r\nHost: localhost\r\nX-A: ", "b"],
  ["a short body", `${formHead}Content-Length: 1000\r\n\r\n`, "x"],
  ["a long body", `${formHead}Content-Length: 1000000\r\n\r\n`, "x"],
  ["chunks", `${formHead}Transfer-Encoding: chunked\r\n\r\n`, "1\r\nx\r\n"],
  [
    "a body that nobody reads",
    "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
    "x",
  ],
  ["a body that stops", `${formHead}Content-Length: 100000\r\n\r\n{"name":`, ""],
];

/** Seconds until the service ended the connection. */
async function drip(port: number, head: string, piece: string): Promise<number> {
  const began = performance.now();
  const connection = await connectRaw(port);
  await connection.write(head);
  const timer = setInterval(() => void connection.write(piece), 1_000);
  const late = setTimeout(() => connection.close(), 25_000);
  await connection.closed;
  clearInterval(timer);
  clearTimeout(late);
  return (performance.now() - began) / 1000;
}

/** A message of `kilobytes`, most of it blanks between the members, at so many kilobytes a second. */
async function sendSlowly(port: number, kilobytes: number, rate: number) {
  const began = performance.now();
  const text = JSON.stringify({ ...fields, message: `${fields.message} at ${rate} KB/s` });
  const body = `${text.slice(0, -1).padEnd(kilobytes * 1024 - 1)}}`;
  const connection = await connectRaw(port);
  await connection.write(`${formHead}Content-Length: ${body.length}\r\n\r\n`);
  const step = rate * 256;
  for (let at = 0; at < body.length && connection.isOpen(); at += step) {
    await connection.write(body.slice(at, at + step));
    await Bun.sleep(Math.max(began + ((at / step + 1) * 1000) / 4 - performance.now(), 0));
  }
  const late = setTimeout(() => connection.close(), 5_000);
  const status = rawStatus(await connection.matching(/\r\n\r\n/));
  clearTimeout(late);
  connection.close();
  return { kilobytes, rate, seconds: Math.round((performance.now() - began) / 1000), status };
}

describe.each(places.kinds)("slow senders, %s", (kind) => {
  test(
    "that drip are closed within 15 s, those on a bad line arrive, and nobody else waits",
    async () => {
      using place = await places.open(kind);
      const running = await startExecutable(place.env);
      const waits: number[] = [];
      let probing = true;
      const probe = async () => {
        while (probing) {
          const began = performance.now();
          const answer = await fetch(`${running.url}/health`);
          await answer.bytes();
          if (answer.status === 200) waits.push(performance.now() - began);
          await Bun.sleep(20);
        }
      };

      const slow = Promise.all(
        Array.from({ length: 200 }, (_, i) => {
          const [, head, piece] = drips[i % drips.length] as (typeof drips)[0];
          return drip(running.port, head, piece);
        }),
      );
      const honest = Promise.all([
        sendSlowly(running.port, 1_000, 32),
        sendSlowly(running.port, 4 * slowSeconds, 4),
        sendSlowly(running.port, slowSeconds, 1),
      ]);
      const health = probe();
      const closedAfter = await slow;
      probing = false;
      await health;
      const arrived = await honest;
      await running.kill();

      console.error(
        `200 slow connections closed after at most ${Math.max(...closedAfter).toFixed(1)} s; /health meanwhile`,
        `${waits.length} times, p50 ${percentile(waits, 50)} ms, p99 ${percentile(waits, 99)} ms;`,
        arrived
          .map((one) => `${one.kilobytes} KB at ${one.rate} KB/s: ${one.status} after ${one.seconds} s`)
          .join(", "),
      );
      expect(closedAfter.filter((seconds) => seconds > 15)).toEqual([]);
      expect(arrived.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(waits.length).toBeGreaterThan(50);
      // A probe that hangs is a fault; how fast it is on a busy machine is a figure.
      expect(Math.max(...waits)).toBeLessThan(2_000);
    },
    60_000 + slowSeconds * 1000,
  );
});
