import type { Socket } from "bun";

export type Pressure = {
  port: number;
  connections: number;
  /** Seconds in which requests are begun; without it `count` ends them. */
  seconds?: number;
  count?: number;
  /**
   * Requests a second, each at its moment whatever became of those before (an open loop). Without it each connection
   * sends its next request as soon as it has an answer, a refusal too (a closed loop).
   */
  rate?: number;
  /** The whole request of this number, as it goes over the line. */
  request(number: number): string;
  /** The first number. */
  from?: number;
};

/** The answers of one status: the numbers of the requests, and how long each waited, in milliseconds since it was due. */
export type Answered = { numbers: number[]; waits: number[]; example: string };

export type Seen = {
  byStatus: ReadonlyMap<number, Answered>;
  /** 429 and 503 without `Retry-After`. */
  blunt: number;
  /** Requests whose connection ended before the answer. */
  broken: number;
  /** Requests without an answer ten seconds after the last was sent. */
  unanswered: number;
  seconds: number;
};

type Client = { socket: Socket; received: string; number: number; dueAt: number };

const nobody = -1;

/** Many clients with one connection each, which they keep. Written on bare sockets, to leave the machine to the service. */
export async function pressOn(pressure: Pressure): Promise<Seen> {
  const { port, connections, seconds = Number.POSITIVE_INFINITY, rate, from = 0 } = pressure;
  const last = from + (pressure.count ?? Number.POSITIVE_INFINITY);
  const byStatus = new Map<number, Answered>();
  const seen = { byStatus, blunt: 0, broken: 0, unanswered: 0, seconds: 0 };
  const clients = new Set<Client>();
  const idle: Client[] = [];
  /** Moments at which a request was due and no connection free. */
  const late: number[] = [];
  const quiet = Promise.withResolvers<void>();
  let next = from;
  let busy = 0;
  let sending = true;

  const send = (client: Client, dueAt: number): void => {
    client.number = next++;
    client.dueAt = dueAt;
    busy += 1;
    client.socket.write(pressure.request(client.number));
  };
  const settle = (client: Client): void => {
    client.number = nobody;
    busy -= 1;
    if (busy === 0 && (!sending || next >= last)) quiet.resolve();
  };
  const proceed = (client: Client): void => {
    const due = rate === undefined ? performance.now() : late.shift();
    if (!sending || next >= last) return;
    if (due === undefined) idle.push(client);
    else send(client, due);
  };
  const note = ({ number, dueAt, received }: Client): void => {
    const status = Number(received.slice(9, 12));
    const answered = byStatus.get(status) ?? { numbers: [], waits: [], example: received };
    byStatus.set(status, answered);
    answered.numbers.push(number);
    answered.waits.push(performance.now() - dueAt);
    if ((status === 429 || status === 503) && !/\r\nretry-after: [1-9]/i.test(received)) seen.blunt += 1;
  };
  const hear = (client: Client, text: string): void => {
    client.received += text;
    if (client.number === nobody || !isWhole(client.received)) return;
    note(client);
    client.received = "";
    settle(client);
    proceed(client);
  };
  const leave = (client: Client): void => {
    if (!clients.delete(client) || client.number === nobody) return;
    seen.broken += 1;
    settle(client);
  };
  const open = async (): Promise<void> => {
    const client = { received: "", number: nobody, dueAt: 0 } as Client;
    const gone = () => leave(client);
    const data = (_: Socket, bytes: Buffer) => hear(client, bytes.toString("latin1"));
    const socket = { data, close: gone, end: gone, error: gone };
    client.socket = await Bun.connect({ hostname: "127.0.0.1", port, socket });
    clients.add(client);
    idle.push(client);
  };

  while (clients.size < connections) {
    await Promise.all(Array.from({ length: Math.min(200, connections - clients.size) }, open));
  }
  const began = performance.now();
  if (rate === undefined) for (const client of idle.splice(0)) proceed(client);
  for (let due = 0; next < last && performance.now() < began + seconds * 1000; await Bun.sleep(1)) {
    const sofar = rate === undefined ? 0 : ((performance.now() - began) * rate) / 1000;
    for (; due < sofar; due++) {
      const at = began + (due * 1000) / (rate as number);
      const client = idle.pop();
      if (client) send(client, at);
      else late.push(at);
    }
  }
  sending = false;
  seen.seconds = (performance.now() - began) / 1000;
  if (busy > 0) await Promise.race([quiet.promise, Bun.sleep(10_000)]);
  seen.unanswered = busy;
  for (const client of clients) {
    client.number = nobody;
    client.socket.terminate();
  }
  return seen;
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? 0);
  return answer.length >= end + 4 + length;
}

/** A post of the contact form whose message is `Number <number>`. */
export const contactPost = (number: number): string =>
  jsonPost(`{"name":"Ada","email":"ada@example.com","message":"Number ${number}"}`);

export const jsonPost = (body: string, headers = ""): string =>
  `POST /f/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
