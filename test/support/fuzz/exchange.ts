import { connect } from "node:net";

/** An answer as it came over the wire; header names in lower case. */
export type Answer = { status: number; headers: Headers; text: string };
export type Sent = {
  method: string;
  /** As it stands in the request line: encoded, or broken on purpose. */
  target: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: Uint8Array | undefined;
};

/** Over a bare socket, because `fetch` mends what a fuzzer wants broken: paths, doubled headers, bad escapes. */
export function send(port: number, { method, target, headers, body }: Sent): Promise<Answer | undefined> {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ["host", `127.0.0.1:${port}`],
    ["connection", "close"],
    ...(body ? [["content-length", String(body.length)]] : []),
    ...headers,
  ].map((line) => (typeof line === "string" ? line : line.join(": ")));
  return exchange(port, [Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}

/** Writes the bytes and reads until the server closes; undefined when it closed without an answer. */
export function exchange(
  port: number,
  pieces: readonly Uint8Array[],
  seconds = 20,
): Promise<Answer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
  const received: Buffer[] = [];
  const socket = connect(port, "127.0.0.1");
  const timer = setTimeout(() => {
    reject(new Error(`No end of the answer within ${seconds} seconds`));
    socket.destroy();
  }, seconds * 1000);
  socket.on("connect", () => {
    for (const piece of pieces) socket.write(piece);
  });
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  // A refusal may come before the whole body is written; the reset that follows is no fault.
  socket.on("error", () => {});
  socket.on("close", () => {
    clearTimeout(timer);
    resolve(parseAnswer(Buffer.concat(received)));
  });
  return promise;
}

function parseAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const body = bytes.subarray(end + 4);
  const text = headers.get("transfer-encoding") === "chunked" ? joinChunks(body) : body;
  return { status: Number(statusLine.split(" ")[1]), headers, text: text.toString() };
}

function joinChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf("\r\n", at);
    const length = line === -1 ? 0 : Number.parseInt(body.toString("latin1", at, line), 16);
    if (!length) return Buffer.concat(chunks);
    chunks.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}
