import { afterAll, beforeEach, describe } from "bun:test";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boot } from "#/boot";
import { loadConfig } from "#/kernel/config";
import { serveOptions } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { createLog } from "#/kernel/log";
import { formsOf } from "#/modules/forms";
import { type Encoding, encodePost } from "./encode-post";
import type { ParsedMail } from "./parse-mail";
import { type PostgresServer, startPostgres } from "./postgres";
import { startSmtp } from "./smtp";
import { empty, readTraces, settled, type Traces } from "./traces";

type Fields = Readonly<Record<string, unknown>>;

/** The service as visitors meet it: in this process, on a loopback port, with a real database and a real mail server. */
export type World = {
  /** `http://127.0.0.1:port` */
  url: string;
  kernel: Kernel;
  /** What the mail server was given since the last reset, oldest first. */
  mails: readonly ParsedMail[];
  /** Every log line so far. */
  log: string[];
  /** The server, where the database is PostgreSQL. */
  server: PostgresServer | undefined;
  /** Any request; redirects are not followed. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** A post as a script would send it, or with the headers of a browser. Default: JSON. */
  post(door: string, fields: Fields, how?: How): Promise<Response>;
  /** The rows of every table, the jobs, and the mails. */
  traces(): Promise<Traces>;
  /** Waits until nothing is left to do now; jobs that are due later stay. */
  settled(): Promise<void>;
  /** Empties every table and the mailbox. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

type Stage = World & { describe: typeof describe };

export type How = { encoding?: Encoding; headers?: Record<string, string> };

export type WorldOptions = {
  /** Beside a mail server, an owner's address and no rate limits. */
  env?: Record<string, string>;
  /** Default: PostgreSQL when TEST_DATABASE=postgres, else the embedded one. */
  database?: "embedded" | "postgres";
};

/** What a browser sends along with a form that a person submits. */
export const browser = {
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "sec-fetch-mode": "navigate",
  "accept-language": "en-GB,en;q=0.9",
};

/**
 * Opens one world for a test file; `reset` runs before each test, `close` after the last. `describe` skips where
 * PostgreSQL is asked for and not installed (REQUIRE_SERVICES=1 fails instead).
 */
export async function openWorld(options: WorldOptions = {}): Promise<Stage> {
  const world = await tryToOpen(options);
  if (!world) return { describe: describe.skip as unknown } as Stage;
  beforeEach(world.reset);
  afterAll(world.close);
  return { ...world, describe };
}

async function tryToOpen({ env = {}, database = wanted() }: WorldOptions): Promise<World | undefined> {
  const server = database === "postgres" ? await startPostgres() : undefined;
  if (database === "postgres" && !server) return undefined;
  const smtp = await startSmtp();
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-world-"));
  const log: string[] = [];
  const config = loadConfig({
    ENV: "test",
    HOST: "127.0.0.1",
    DATA_DIR: directory,
    SMTP_URL: smtp.url,
    MAIL_FROM: "Site <site@example.com>",
    NOTIFY_EMAIL: "team@example.com",
    RATE_LIMIT: "off",
    // It would come in the middle of a test.
    FORMS_CANARY: "off",
    ...(server && { DATABASE_URL: server.url }),
    ...env,
  });
  const service = await boot(config, createLog("debug", { write: (line) => void log.push(line) }));
  await service.ready;
  const { app, kernel } = service;
  app.listen({ ...serveOptions, hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${app.server?.port}`;
  const send: World["send"] = (path, init) => fetch(url + path, { redirect: "manual", ...init });

  return {
    url,
    kernel,
    mails: smtp.messages,
    log,
    server,
    send,
    async post(door, fields, { encoding = "json", headers = {} } = {}) {
      const { bytes, type } = await encodePost(fields, encoding);
      return send(door, { method: "POST", body: bytes, headers: { "content-type": type, ...headers } });
    },
    traces: () => readTraces(kernel.database, smtp.messages),
    settled: () => settled(kernel.database),
    async reset() {
      await empty(kernel.database);
      await formsOf(kernel).refresh();
      smtp.messages.length = 0;
      log.length = 0;
    },
    async close() {
      await app.stop(true);
      await service.stop(2_000);
      await smtp.stop();
      await server?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const wanted = () => (process.env.TEST_DATABASE === "postgres" ? "postgres" : "embedded");
