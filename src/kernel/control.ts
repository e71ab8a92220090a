import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config";
import { callControl } from "./control-client";
import { StartRefusal } from "./db/start-refusal";
import type { Log } from "./log";

/** Does one command for another process: `write` streams its output, and the result is its exit code. */
export type ControlHandler = (args: unknown, write: (chunk: string) => Promise<void>) => Promise<number>;

/** Longest path of a socket (`sun_path` in unix(7), without its final NUL). */
const longestPath = 107;
const mostArgumentBytes = 2 ** 20;
/** EX_SOFTWARE of sysexits.h: the handler threw. */
const failed = 70;

/** Where a process on this machine reaches the one that holds the database: `CONTROL_SOCKET`, else in `DATA_DIR`. */
export const controlSocketOf = ({ CONTROL_SOCKET, DATA_DIR }: Pick<Config, "CONTROL_SOCKET" | "DATA_DIR">) =>
  CONTROL_SOCKET ?? join(DATA_DIR, "control.sock");

/**
 * Lets commands of the same user reach the embedded database, which one process alone may open:
 * `POST /call {"command","args"}` over a unix socket of mode 0600, answered by one JSON line per chunk
 * (`{"out"}`) and a last one with the exit code (`{"exit"}`). A socket that nobody listens on any more is replaced.
 * Every other request is the app's, where one is given: health checks come this way.
 */
export async function serveControl(
  path: string,
  handlers: Readonly<Record<string, ControlHandler>>,
  log: Log,
  app: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 404 }),
): Promise<{ close(): Promise<void> }> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new StartRefusal(
      78,
      `Cannot listen on ${path}: CONTROL_SOCKET should have at most ${longestPath} bytes`,
    );
  }
  if ((await callControl(path, "", undefined, () => {})) !== undefined) {
    throw new StartRefusal(75, `Cannot listen on ${path}: another process does`);
  }
  rmSync(path, { force: true });

  const handle = (request: Request, server: Bun.Server<undefined>) => {
    // A command may be silent for long; its caller decides how long to wait.
    server.timeout(request, 0);
    return answer(request, handlers, log);
  };
  const server = listenPrivately(() =>
    Bun.serve({
      unix: path,
      maxRequestBodySize: mostArgumentBytes,
      routes: { "/call": { POST: handle } },
      fetch: (request) => app(request),
    }),
  );
  chmodSync(path, 0o600);
  return {
    async close() {
      await server.stop(true);
      rmSync(path, { force: true });
    },
  };
}

/** The mode holds from the first moment, not only after a chmod. */
function listenPrivately<T>(listen: () => T): T {
  const before = process.umask(0o177);
  try {
    return listen();
  } finally {
    process.umask(before);
  }
}

async function answer(request: Request, handlers: Readonly<Record<string, ControlHandler>>, log: Log) {
  const { command, args } = (await request.json()) as { command: string; args: unknown };
  const handler = Object.hasOwn(handlers, command) ? handlers[command] : undefined;
  if (!handler) return new Response(null, { status: 404 });

  const { readable, writable } = new TransformStream<string, string>();
  void stream(writable.getWriter(), (write) => handler(args, write), { command, log });
  return new Response(readable.pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "application/x-ndjson" },
  });
}

/** A write waits until the caller takes it, and fails once the caller has gone: that ends the handler. */
async function stream(
  writer: WritableStreamDefaultWriter<string>,
  handle: (write: (chunk: string) => Promise<void>) => Promise<number>,
  { command, log }: { command: string; log: Log },
): Promise<void> {
  const send = (line: object) => writer.write(`${JSON.stringify(line)}\n`);
  try {
    await send({ exit: await handle((out) => send({ out })) });
    await writer.close();
  } catch (error) {
    log("error", "control.failed", { command, error: (error as Error | undefined)?.name });
    await send({ exit: failed })
      .then(() => writer.close())
      .catch(() => {});
  }
}
