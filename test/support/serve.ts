import { join } from "node:path";

const entry = join(import.meta.dir, "../../src/main.ts");

/** `gatehouse serve` from the source, on a free port of loopback, in a given environment alone. */
export async function startServe(env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, entry, "serve"], {
    cwd: "/",
    env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: "0", RATE_LIMIT: "off", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let printed = "";
  let errors = "";
  const listening = Promise.withResolvers<number>();
  const watch = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      printed += decoder.decode(chunk, { stream: true });
      const port = /"port":(\d+).*"service\.listening"/.exec(printed)?.[1];
      if (port) listening.resolve(Number(port));
    }
  };
  const ended = Promise.all([watch(), new Response(child.stderr).text().then((text) => (errors = text))]);
  const exited = child.exited.then(async (code) => {
    await ended;
    return { code, signal: child.signalCode, stdout: printed, stderr: errors };
  });
  const port = await Promise.race([listening.promise, exited.then(() => undefined)]);
  return {
    /** Undefined when it ended before it listened. */
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    printed: () => printed,
    exited,
    kill(signal: NodeJS.Signals = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Posts a message as JSON and gives the status. */
export async function postForm(url: string, form: string, fields: Record<string, unknown>): Promise<number> {
  const answer = await fetch(`${url}/f/${form}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  await answer.arrayBuffer();
  return answer.status;
}
