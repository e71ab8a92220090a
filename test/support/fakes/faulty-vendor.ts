import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { certificate } from "../tls";
import { readRequests, type VendorRequest } from "./read-requests";

export type { VendorRequest } from "./read-requests";

/** Ways to be a bad neighbour; `answer` is the good one, scripted by `answerWith`. */
export const vendorFaults = [
  "refuse",
  "hang",
  "trickle",
  "500",
  "429",
  "429-later",
  "html",
  "cut-json",
  "cut",
  "endless",
  "bomb",
  "redirect",
  "reset",
] as const;
export type VendorFault = (typeof vendorFaults)[number];

export type VendorAnswer = {
  status: number;
  headers?: Record<string, string>;
  /** Text as it is; anything else as JSON, with its media type. */
  body?: unknown;
};

export type FaultyVendor = {
  /** `http://127.0.0.1:port`, or `https://localhost:port` with the certificate of tests. */
  url: string;
  port: number;
  /** Every request that arrived whole, oldest first. */
  requests: VendorRequest[];
  /** Connections opened so far, and those that somebody opened by following the redirect. */
  connections(): number;
  followed(): number;
  become(mode: VendorFault | "answer"): Promise<void>;
  /** Answers in turn, the last one for good; or one made for each request. */
  answerWith(...answers: VendorAnswer[] | [(request: VendorRequest) => VendorAnswer]): void;
  stop(): Promise<void>;
};

/** A vendor on loopback that answers as scripted until it is told to misbehave, on the same port all the time. */
export async function startFaultyVendor({ tls = false } = {}): Promise<FaultyVendor> {
  const requests: VendorRequest[] = [];
  const sockets = new Set<Socket>();
  const trap = await listen(
    createServer((socket) => void socket.destroy()),
    0,
  );
  let mode: VendorFault | "answer" = "answer";
  let next: (request: VendorRequest) => VendorAnswer = () => ({ status: 200, body: {} });
  let connections = 0;
  let followed = 0;
  trap.server.on("connection", () => void followed++);

  const serve = (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    readRequests(socket, (request) => {
      requests.push(request);
      if (mode === "answer" || mode === "refuse") socket.write(toBytes(next(request)));
      else faults[mode](socket, `http://127.0.0.1:${trap.port}/`);
    });
  };
  const open = (port: number) =>
    listen(tls ? createTlsServer(certificate, serve) : createServer(serve), port);
  let listening: Listening | undefined = await open(0);
  const { port } = listening;
  const hangUp = async () => {
    for (const socket of sockets) socket.destroy();
    const { server } = listening ?? {};
    listening = undefined;
    if (server) await close(server);
  };

  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    followed: () => followed,
    async become(wanted) {
      mode = wanted;
      if (wanted === "refuse") await hangUp();
      else listening ??= await open(port);
    },
    answerWith(...answers) {
      const [first] = answers;
      const script = answers as VendorAnswer[];
      next = typeof first === "function" ? first : () => (script.length > 1 ? script.shift() : script[0])!;
    },
    async stop() {
      await hangUp();
      await close(trap.server);
    },
  };
}

const faults: Record<Exclude<VendorFault, "refuse">, (socket: Socket, elsewhere: string) => void> = {
  hang: () => {},
  trickle(socket) {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n");
    const timer = setInterval(() => socket.write("["), 1000);
    socket.on("close", () => clearInterval(timer));
  },
  "500": (socket) => void socket.write(toBytes({ status: 500, body: { error: "internal" } })),
  "429": (socket) => void socket.write(toBytes({ status: 429 })),
  "429-later": (socket) => void socket.write(toBytes({ status: 429, headers: { "retry-after": "2" } })),
  html: (socket) =>
    void socket.write(
      toBytes({ status: 200, headers: { "content-type": "text/html" }, body: "<h1>Welcome</h1>" }),
    ),
  "cut-json": (socket) =>
    void socket.write(
      toBytes({ status: 200, headers: { "content-type": "application/json" }, body: '{"id":"1' }),
    ),
  cut: (socket) =>
    void socket.end(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + '{"id":',
    ),
  endless(socket) {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    const chunk = Buffer.alloc(64 * 1024, "[");
    const pour = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", pour);
    pour();
  },
  bomb(socket) {
    const body = gzipOfGigabyte();
    const head = `Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}`;
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
    socket.write(body);
  },
  redirect: (socket, elsewhere) =>
    void socket.write(toBytes({ status: 307, headers: { location: elsewhere } })),
  reset: (socket) => void socket.resetAndDestroy(),
};

let gigabyte: Buffer | undefined;

/** 10^9 zeros in less than 1 MB: members of a gzip file may follow each other (RFC 1952 §2.2). */
function gzipOfGigabyte(): Buffer {
  if (!gigabyte) {
    const member = Bun.gzipSync(new Uint8Array(50_000_000), { level: 9 });
    gigabyte = Buffer.concat(Array.from({ length: 20 }, () => member));
  }
  return gigabyte;
}

function toBytes({ status, headers = {}, body }: VendorAnswer): Buffer {
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const isJson = body !== undefined && typeof body !== "string";
  const all = {
    ...(isJson && { "content-type": "application/json" }),
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`HTTP/1.1 ${status} Scripted`, ...lines].join("\r\n")}\r\n\r\n${text}`);
}

type Listening = { server: Server; port: number };

async function listen(server: Server, port: number): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, port: (server.address() as { port: number }).port };
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));
