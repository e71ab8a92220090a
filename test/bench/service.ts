import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { executablePath, freePort } from "../support/executable";
import { openFiles, residentMegabytes } from "../support/process-figures";
import type { Running } from "./contestant";
import { processorSeconds } from "./processor-time";

const message = { name: "Ada Lovelace", email: "ada@example.com", message: "Hello" };

export type Service = Running & {
  port: number;
  pid: number;
  /** Milliseconds from its start to the first 200 of `/health`. */
  firstAnswerMs: number;
  /** Milliseconds from its start until a message was stored; `readyz` would be a second late, for it shares answers. */
  firstStored(): Promise<number>;
  /** Milliseconds from its start until `readyz` says that a message can be stored. */
  ready(): Promise<number>;
  /** Resident memory now, in megabytes. */
  residentMegabytes(): number;
  openFiles(): number;
};

/**
 * Starts the executable as it ships: one log line a request, here to a file in `directory`. Rate limits are off,
 * because the load comes from one address.
 */
export async function startService(
  directory: string,
  databaseUrl?: string,
  settings: Record<string, string> = {},
): Promise<Service> {
  const executable = await executablePath();
  const port = freePort();
  const log = openSync(join(directory, "service.log"), "a");
  const startedAt = performance.now();
  const child = Bun.spawn([executable, "serve"], {
    cwd: "/",
    env: {
      ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      SECRET_KEY: crypto.randomUUID() + crypto.randomUUID(),
      RATE_LIMIT: "off",
      ...settings,
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : { DATA_DIR: join(directory, "data") }),
    },
    stdout: log,
    stderr: log,
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = startedAt + 20_000;
  const untilOk = async (path: string, init?: RequestInit): Promise<number> => {
    while (!(await fetch(url + path, init).catch(() => undefined))?.ok) {
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(
          `${path} stays away: ${readFileSync(join(directory, "service.log"), "utf8").slice(-2000)}`,
        );
      }
      await Bun.sleep(2);
    }
    return performance.now() - startedAt;
  };
  return {
    url,
    port,
    pid: child.pid,
    firstAnswerMs: await untilOk("/health"),
    firstStored: () => untilOk("/api/contact", { method: "POST", body: new URLSearchParams(message) }),
    ready: () => untilOk("/api/v1/readyz"),
    processorSeconds: () => processorSeconds(child.pid),
    residentMegabytes: () => residentMegabytes(child.pid),
    openFiles: () => openFiles(child.pid),
    async stop() {
      child.kill();
      if ((await child.exited) !== 0) throw new Error(`It ended with ${child.exitCode}`);
    },
  };
}
