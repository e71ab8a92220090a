import { connectRaw, rawStatus } from "../../support/raw-connection";
import { type Planned, planRequest } from "./requests";

/** What a mixed load came to: milliseconds of each answer by kind, and everything that was not as it should be. */
export type Mixed = {
  waits: Map<string, number[]>;
  acknowledged: number;
  /** Kind, address and status of wrong or missing answers, with how often. */
  wrong: Map<string, number>;
  slow: { arrived: number; cutOff: number };
};

const clients = 16;
/** Between two requests of a client: some 180 requests a second in all, so that mail keeps up with the posts. */
const pauseMs = 80;
const slowClients = 8;

/** Loads a service until `isOver`: ordinary clients that come and go, and beside them slow ones. */
export async function mixedLoad(
  { url, port }: { url: string; port: number },
  isOver: () => boolean,
): Promise<Mixed> {
  const mixed: Mixed = {
    waits: new Map(),
    acknowledged: 0,
    wrong: new Map(),
    slow: { arrived: 0, cutOff: 0 },
  };
  const client = async () => {
    while (!isOver()) {
      await request(url, await planRequest(), mixed);
      await Bun.sleep(pauseMs);
    }
  };
  const slow = async (at: number) => {
    while (!isOver()) await (at % 2 === 0 ? sendSlowly(port, mixed) : dripHeaders(port, mixed));
  };
  await Promise.all([
    ...Array.from({ length: clients }, client),
    ...Array.from({ length: slowClients }, (_, at) => slow(at)),
  ]);
  return mixed;
}

async function request(url: string, { kind, path, init, right }: Planned, mixed: Mixed): Promise<void> {
  const began = performance.now();
  let status = "no answer";
  try {
    const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(10_000) });
    await response.bytes();
    status = String(response.status);
  } catch {
    // Told below.
  }
  mixed.waits.getOrInsertComputed(kind, () => []).push(performance.now() - began);
  const isRight = right.some((one) => String(one) === status);
  if (isRight && kind === "posts") mixed.acknowledged++;
  if (!isRight) note(mixed, `${init?.method ?? "GET"} ${path}: ${status}`);
}

function note({ wrong }: Mixed, what: string): void {
  wrong.set(what, (wrong.get(what) ?? 0) + 1);
}

/** A message on a bad line: a byte or two at a time for six seconds, which must arrive. */
async function sendSlowly(port: number, mixed: Mixed): Promise<void> {
  const body = JSON.stringify({
    name: "Ada",
    email: "ada@example.com",
    message: `Slow ${crypto.randomUUID()}`,
  });
  const head = `POST /f/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
  const connection = await connectRaw(port);
  await connection.write(head);
  for (let at = 0; at < body.length; at += 4) {
    await connection.write(body.slice(at, at + 4));
    await Bun.sleep(200);
  }
  const late = setTimeout(() => connection.close(), 10_000);
  const status = rawStatus(await connection.matching(/\r\n\r\n/));
  clearTimeout(late);
  connection.close();
  if (status !== 200) return note(mixed, `a slow message: ${status}`);
  mixed.acknowledged++;
  mixed.slow.arrived++;
}

/** Headers without an end, which the service must cut off. */
async function dripHeaders(port: number, mixed: Mixed): Promise<void> {
  const connection = await connectRaw(port);
  await connection.write("GET /health HTTP/1.1\r\nHost: localhost\r\n");
  const drip = setInterval(() => void connection.write("X-A: b\r\n"), 1_000);
  const late = setTimeout(() => {
    note(mixed, "dripping headers: not cut off for 25 s");
    connection.close();
  }, 25_000);
  await connection.closed;
  clearInterval(drip);
  clearTimeout(late);
  mixed.slow.cutOff++;
}
