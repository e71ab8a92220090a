import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openPlaces } from "../support/databases";
import { startExecutable } from "../support/executable";
import { percentile } from "../support/percentile";
import { openFiles, residentMegabytes } from "../support/process-figures";
import { connectRaw, type RawConnection, rawStatus } from "../support/raw-connection";
import { until } from "../support/until";

const places = await openPlaces("embedded");
afterAll(places.close);

const wanted = 10_000;

/** As many as this process may open beside what it needs itself, and the executable, which inherits the limit. */
function affordable(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const count = Math.min(wanted, soft - 1_000);
  if (count < wanted)
    console.error(`${count} connections, not ${wanted}: this process may open ${soft} files`);
  return count;
}

async function open(port: number, count: number): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const some = Math.min(200, count - connections.length);
    const opened = await Promise.all(Array.from({ length: some }, () => connectRaw(port)));
    await Promise.all(opened.map((one) => one.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    connections.push(...opened);
  }
  return connections;
}

const answered = async (connection: RawConnection) => rawStatus(await connection.matching(/"ok"/)) === 200;

const post = (url: string, text: string) =>
  fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: text }),
    signal: AbortSignal.timeout(10_000),
  });

/** Visitors that come one after the other: how long each waited, and which statuses there were. */
async function timed(count: number, ask: (at: number) => Promise<Response>) {
  const waits: number[] = [];
  const statuses = new Set<number>();
  for (let at = 0; at < count; at++) {
    const began = performance.now();
    const answer = await ask(at);
    await answer.bytes();
    waits.push(performance.now() - began);
    statuses.add(answer.status);
  }
  return { statuses, figures: `p50 ${percentile(waits, 50)} ms, p99 ${percentile(waits, 99)} ms` };
}

describe.each(places.kinds)("idle connections, %s", (kind) => {
  test("by the thousand cost little, shut nobody out and are given back", async () => {
    using place = await places.open(kind);
    const running = await startExecutable(place.env);
    await (await post(running.url, "Before them")).bytes();
    const filesBefore = openFiles(running.pid);
    const memoryBefore = residentMegabytes(running.pid);

    const connections = await open(running.port, affordable());
    const served = (await Promise.all(connections.map(answered))).filter(Boolean).length;
    const files = openFiles(running.pid) - filesBefore;
    const grownBy = residentMegabytes(running.pid) - memoryBefore;
    const health = await timed(200, () => fetch(`${running.url}/health`));
    const posts = await timed(100, (at) => post(running.url, `Visitor ${at} among them`));
    for (const connection of connections) connection.close();
    await until(() => openFiles(running.pid) <= filesBefore + 20, 5);
    const code = await running.kill();

    console.error(
      `${served} connections, ${files} open files, memory ${grownBy >= 0 ? "+" : ""}${grownBy.toFixed(1)} MB`,
      `(${((grownBy * 1024) / served).toFixed(2)} KB each); visitors meanwhile: /health ${health.figures}, a post ${posts.figures}`,
    );
    expect(served).toBe(connections.length);
    expect(files).toBeGreaterThanOrEqual(connections.length);
    expect([...health.statuses, ...posts.statuses]).toEqual([200, 200]);
    expect(grownBy).toBeLessThan(50);
    expect(code).toBe(0);
  }, 60_000);

  test("that take every file it may open let others in as soon as some leave", async () => {
    using place = await places.open(kind);
    const limit = 700;
    const wrap = ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh"];
    const running = await startExecutable(place.env, { wrap });

    const connections = await open(running.port, limit + 300);
    await until(() => openFiles(running.pid) >= limit - 1, 10);
    for (const connection of connections.slice(0, 500)) connection.close();
    const later = await Promise.all(connections.slice(500).map(answered));
    const visitor = await post(running.url, "After them");
    for (const connection of connections) connection.close();
    const code = await running.kill();

    expect(later).not.toContain(false);
    expect({ status: visitor.status, code }).toEqual({ status: 200, code: 0 });
  }, 30_000);
});
