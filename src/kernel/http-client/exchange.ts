import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { version } from "../version";
import type { HttpCall, HttpResult } from "./contract";
import { decodeBody } from "./decode-body";
import type { Limits } from "./limits";

/** An answer longer than this, before or after decompression, is `too_large`; in bytes. */
const defaultMaxBytes = 1024 * 1024;

const failed = (code: "broken" | "connection" | "timeout" | "too_large", written = true): HttpResult => ({
  kind: "failed",
  code,
  written,
});

/**
 * Sends the request over a connection of its own and reads the answer, whatever it is: redirects are not followed,
 * cookies not kept. The connection is closed afterwards; one that was used before could be gone when the next request
 * leaves, and nobody could tell whether that arrived.
 */
export async function exchange(
  call: HttpCall,
  url: URL,
  socket: Socket,
  limits: Limits,
): Promise<HttpResult> {
  const { signal } = limits;
  let sent: ClientRequest | undefined;
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    sent = prepare(call, url, socket);
    const message = await send(sent, call.body);
    limits.headArrived();
    return await read(message, call.method === "HEAD" ? Infinity : (call.maxBytes ?? defaultMaxBytes));
  } catch (error) {
    if (signal.aborted) return failed("timeout");
    if (!sent) return failed("broken", false);
    // HPE_…: what came is not HTTP.
    const { code = "" } = error as NodeJS.ErrnoException;
    return failed(code.startsWith("HPE_") ? "broken" : "connection");
  } finally {
    signal.removeEventListener("abort", stop);
    sent?.destroy();
    socket.destroy();
  }
}

/** Throws where a header cannot be written. Without an agent: one would open a connection by itself. */
function prepare({ method, headers = {}, body }: HttpCall, url: URL, socket: Socket): ClientRequest {
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  const own = { "user-agent": `Gatehouse/${version}`, "accept-encoding": "gzip" };
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const fixed = {
    host: url.host,
    connection: "close",
    ...((bytes > 0 || /^P/.test(method)) && { "content-length": String(bytes) }),
  };
  return request({
    createConnection: () => socket,
    method,
    path: url.pathname + url.search,
    setHost: false,
    headers: { ...own, ...Object.fromEntries(names), ...fixed },
  });
}

function send(request: ClientRequest, body: HttpCall["body"]): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on("error", reject);
  request.on("response", resolve);
  request.on("close", () => reject(new Error("closed without an answer")));
  // 101: nobody asked to speak another protocol.
  request.on("upgrade", () => reject(Object.assign(new Error("upgraded"), { code: "HPE_UPGRADE" })));
  request.end(body);
  return promise;
}

async function read(message: IncomingMessage, maxBytes: number): Promise<HttpResult> {
  if (Number(message.headers["content-length"]) > maxBytes) return failed("too_large");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes) return failed("too_large");
    chunks.push(chunk);
  }
  if (!message.complete) return failed("connection");
  const body = await decodeBody(Buffer.concat(chunks), message.headers["content-encoding"], maxBytes);
  if (typeof body === "string") return failed(body);
  return { kind: "answer", status: message.statusCode ?? 0, headers: toHeaders(message), body };
}

/** Cookies are left out: nobody may come to need them. */
function toHeaders({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (name === "set-cookie") continue;
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
