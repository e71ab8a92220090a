import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/executable";
import type { Contestant, Running } from "../contestant";
import { processorSeconds } from "../processor-time";
import { countPeerRows } from "./database";

/** What others would write for the contact form: `<file>_peer.py` beside this file. */
export type Peer = {
  name: string;
  modules: readonly string[];
  /** Debian packages that bring them. */
  packages: string;
  /** How many times as many messages ours must store. */
  factor: number;
  /** Sensible ways to run it; the fastest counts. */
  variants: readonly { what: string; options: readonly string[] }[];
  contestant(python: string, options: readonly string[]): Contestant;
};

/** Python compiles nothing on the way: imports and the first connections are over by then. */
const warmUpSeconds = 1;

const workers = 2 * navigator.hardwareConcurrency + 1;

export const flask: Peer = {
  name: "Flask + gunicorn + SQLAlchemy",
  modules: ["flask", "gunicorn", "sqlalchemy", "psycopg2"],
  packages: "python3-flask gunicorn python3-sqlalchemy python3-psycopg2",
  factor: 10,
  variants: [
    { what: `${workers} workers`, options: ["--workers", `${workers}`] },
    { what: "4 workers", options: ["--workers", "4"] },
    { what: "4 workers of 4 threads", options: ["--workers", "4", "--threads", "4"] },
  ],
  contestant: (python, options) => ({
    warmUpSeconds,
    start: (directory, url) =>
      startPeer(directory, url, (port) => [
        ...[python, "-m", "gunicorn", "--bind", `127.0.0.1:${port}`, "--chdir", import.meta.dir],
        ...[...options, "flask_peer:app"],
      ]),
    count: countPeerRows,
  }),
};

export const fastapi: Peer = {
  name: "FastAPI + uvicorn + asyncpg",
  modules: ["fastapi", "uvicorn", "uvloop", "httptools", "asyncpg"],
  packages: "python3-fastapi python3-uvicorn python3-uvloop python3-httptools python3-asyncpg",
  factor: 5,
  variants: [{ what: "2 workers", options: ["--workers", "2"] }],
  contestant: (python, options) => ({
    warmUpSeconds,
    start: (directory, url) =>
      startPeer(directory, url, (port) => [
        ...[
          python,
          "-m",
          "uvicorn",
          "--host",
          "127.0.0.1",
          "--port",
          `${port}`,
          "--app-dir",
          import.meta.dir,
        ],
        ...["--loop", "uvloop", "--http", "httptools", "--no-access-log", ...options, "fastapi_peer:app"],
      ]),
    count: countPeerRows,
  }),
};

/** No access log, which spares the peers what ours writes. */
async function startPeer(
  directory: string,
  databaseUrl: string | undefined,
  command: (port: number) => string[],
): Promise<Running> {
  const port = freePort();
  const logFile = join(directory, "peer.log");
  const log = openSync(logFile, "a");
  const child = Bun.spawn(command(port), {
    cwd: "/",
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: "1",
      DATABASE_URL: databaseUrl?.replace(/^postgres:/, "postgresql:"),
    },
    stdout: log,
    stderr: log,
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + 20_000;
  while (!(await fetch(`${url}/health`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`The peer does not answer: ${readFileSync(logFile, "utf8").slice(-2000)}`);
    }
    await Bun.sleep(20);
  }
  return {
    url,
    processorSeconds: () => processorSeconds(child.pid),
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}
