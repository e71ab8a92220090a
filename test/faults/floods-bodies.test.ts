import { afterAll, describe, expect, test } from "bun:test";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { forgetPeak, peakMegabytes, residentMegabytes } from "../support/process-figures";
import { connectRaw, rawStatus } from "../support/raw-connection";

const places = await openPlaces("embedded");
afterAll(places.close);

const bodyBytes = 100 * 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, "x");
const doors = ["/f/contact", "/api/contact", "/api/v1/waitlist"];
const elsewhere = ["/health", "/docs", "/api/v1/readyz", "/nowhere"];
const types = [
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=b",
  "application/octet-stream",
];

type Flood = { path: string; type: string; chunked: boolean };

const headOf = ({ path, type, chunked }: Flood) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${
    chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bodyBytes}`
  }\r\n\r\n`;

/** Sends at full speed whatever the answer is, all of it or until the connection is closed. */
async function flood(
  port: number,
  one: Flood,
): Promise<{ status: number; retryAfter: boolean; bytes: number }> {
  const connection = await connectRaw(port);
  await connection.write(headOf(one));
  const frame = one.chunked ? Buffer.concat([Buffer.from("10000\r\n"), piece, Buffer.from("\r\n")]) : piece;
  let bytes = 0;
  while (bytes < bodyBytes && (await connection.write(frame))) {
    bytes += piece.length;
    await new Promise(setImmediate);
  }
  const answer = await connection.matching(/\r\n\r\n/);
  connection.close();
  return { status: rawStatus(answer), retryAfter: /^retry-after: \d/im.test(answer), bytes };
}

const post = (url: string, text: string) =>
  fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: text }),
  });

describe.each(places.kinds)("bodies of 100 MB, %s", (kind) => {
  test("50 at once are refused by every route and take next to no memory", async () => {
    using place = await places.open(kind);
    const running = await startExecutable(place.env);
    await (await post(running.url, "Before the flood")).bytes();
    forgetPeak(running.pid);
    const before = residentMegabytes(running.pid);

    const floods = Array.from({ length: 50 }, (_, i): Flood => {
      const path = i % 2 ? (doors[(i >> 1) % 3] as string) : (elsewhere[(i >> 1) % 4] as string);
      return { path, type: types[i % 4] as string, chunked: i % 3 !== 0 };
    });
    const answers = await Promise.all(floods.map((one) => flood(running.port, one)));
    const grownBy = peakMegabytes(running.pid) - before;
    const after = await post(running.url, "After the flood");
    await running.kill();

    const counts = Object.entries(Object.groupBy(answers, ({ status }) => String(status)));
    console.error(
      `50 bodies of 100 MB, ${(answers.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 30).toFixed(1)} GB arrived:`,
      `${counts.map(([status, all]) => `${all?.length} x ${status}`).join(", ")}; memory +${grownBy.toFixed(1)} MB`,
    );
    for (const [i, { status, retryAfter }] of answers.entries()) {
      const expected = doors.includes(floods[i]?.path ?? "") ? [413, 415, 503] : [404, 405, 413];
      expect({ ...floods[i], status, expected: expected.includes(status) }).toMatchObject({ expected: true });
      expect(retryAfter).toBe(status === 503);
    }
    // Reached: 10 to 24, most of it garbage of the bodies in pieces that were taken in, 8 MB of them at one time.
    expect(grownBy).toBeLessThan(30);
    expect(after.status).toBe(200);
  }, 60_000);

  test("cannot take the place of messages of usual length while they arrive", async () => {
    using place = await places.open(kind);
    const running = await startExecutable(place.env);
    const half = { path: "/f/contact", type: "application/json", chunked: true };
    const stalled = await Promise.all(Array.from({ length: 50 }, () => connectRaw(running.port)));
    forgetPeak(running.pid);
    const before = residentMegabytes(running.pid);

    const answered = stalled.map(async (connection) => {
      await connection.write(headOf(half));
      for (let i = 0; i < 8; i++) {
        await connection.write(`10000\r\n${piece}\r\n`);
        await Bun.sleep(5);
      }
      return connection.matching(/\r\n\r\n/);
    });
    const refused = await Promise.any(answered.map(async (answer) => (await answer) || Promise.reject()));
    const usual = await post(running.url, "Of usual length");
    const large = await post(running.url, `${"Long ".repeat(1_999)}text`);
    const open = stalled.filter((connection) => connection.isOpen() && connection.received() === "").length;
    for (const connection of stalled) connection.close();
    await Promise.all(answered);
    const grownBy = peakMegabytes(running.pid) - before;
    const again = await post(running.url, "Once they are gone");
    await running.kill();

    console.error(
      `50 stalled bodies of 0.5 MB: ${open} held, the others refused; memory +${grownBy.toFixed(1)} MB`,
    );
    expect(rawStatus(refused)).toBe(503);
    expect(refused).toMatch(/^retry-after: 2\r$/im);
    expect({ open, some: open > 0 && open < 50 }).toMatchObject({ some: true });
    expect([usual.status, large.status, again.status]).toEqual([200, 200, 200]);
  }, 30_000);
});
