import { type IncomingMessage, request } from "node:http";

/** Nobody listens: the file is missing, or its process has died. */
const nobody = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK", "FailedToOpenSocket"]);

/**
 * Has the process that listens on a control socket do a command (`control.ts`), hands on its output as it comes, and
 * gives its exit code: 64 when it does not know the command. Undefined when nobody listens there.
 */
export async function callControl(
  socketPath: string,
  command: string,
  args: unknown,
  onChunk: (chunk: string) => void | Promise<void>,
): Promise<number | undefined> {
  let response: IncomingMessage;
  try {
    response = await post(socketPath, JSON.stringify({ command, args }));
  } catch (error) {
    if (nobody.has(String((error as NodeJS.ErrnoException).code))) return;
    throw error;
  }
  try {
    if (response.statusCode !== 200) return 64;
    for await (const line of linesOf(response)) {
      const { out, exit } = JSON.parse(line) as { out?: string; exit?: number };
      if (exit !== undefined) return exit;
      if (out !== undefined) await onChunk(out);
    }
  } finally {
    // Also tells the other side when the output is no longer wanted.
    response.destroy();
  }
  throw new Error(`Cannot finish ${command}: the process that did it went away`);
}

/** By hand, because `node:readline` reads up to a thousand lines ahead of its reader, and one line is a megabyte. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding("utf8");
  let begun: string[] = [];
  for await (const chunk of response as AsyncIterable<string>) {
    const [first = "", ...more] = chunk.split("\n");
    begun.push(first);
    for (const part of more) {
      yield begun.join("");
      begun = [part];
    }
  }
}

function post(socketPath: string, body: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const sent = request({ socketPath, path: "/call", method: "POST", headers, agent: false });
  sent.on("response", resolve).on("error", reject);
  sent.end(body);
  return promise;
}
