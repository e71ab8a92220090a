import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real PostgreSQL server of this test run, with its data in a temporary directory. */
export type PostgresServer = {
  /** Of an empty database. */
  url: string;
  dataDir: string;
  /** A further database, empty or a copy of `template` (nobody may be connected to it). Gives its URL. */
  createDatabase(template?: string): Promise<string>;
  start(): Promise<void>;
  /** `immediate` is a crash: recovery follows at the next start. */
  halt(mode: "fast" | "immediate"): Promise<void>;
  restart(mode: "fast" | "immediate"): Promise<void>;
  /** Fails when `pg_amcheck` finds anything in this database: in a table, an index, or a row that one of them lacks. */
  amcheck(url: string): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
};

/**
 * Starts one on a free loopback port, as the user `postgres` when the tests run as root. Without server programs it
 * prints why and gives undefined, so that the caller can skip; with `REQUIRE_SERVICES=1` it throws. Its data lies below `directory`.
 */
export async function startPostgres(directory = tmpdir()): Promise<PostgresServer | undefined> {
  const programs = findPrograms();
  if (!programs) {
    const reason = "no PostgreSQL server is installed (looked in /usr/lib/postgresql and PATH)";
    if (process.env.REQUIRE_SERVICES === "1") throw new Error(`Cannot test on PostgreSQL: ${reason}`);
    console.error(`skipped: ${reason}`);
    return;
  }
  const parent = mkdtempSync(join(directory, "gatehouse-postgres-"));
  if (process.getuid?.() === 0) chownSync(parent, ...(await idsOf("postgres")));
  const dataDir = join(parent, "data");
  const port = await freePort();
  const program = (name: string, ...args: string[]) => run([join(programs, name), ...args]);
  const control = (...args: string[]) => program("pg_ctl", "-D", dataDir, "-w", "-t", "30", ...args);

  await program("initdb", "-D", dataDir, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8", "--locale", "C");
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=32MB`;
  const start = () => control("-l", join(parent, "log"), "-o", options, "start");
  const halt = (mode: string) => control("-m", mode, "stop");
  await start();

  const urlOf = (database: string) => `postgres://tester@127.0.0.1:${port}/${database}`;
  let created = 0;
  return {
    url: urlOf("postgres"),
    dataDir,
    async createDatabase(template) {
      const name = `test_${++created}`;
      const source = template ? ["-T", new URL(template).pathname.slice(1)] : [];
      await program("createdb", "-h", "127.0.0.1", "-p", String(port), "-U", "tester", ...source, name);
      return urlOf(name);
    },
    start,
    halt,
    async restart(mode) {
      await halt(mode);
      await start();
    },
    async amcheck(url) {
      const database = new URL(url).pathname.slice(1);
      const how = ["--install-missing", "--heapallindexed", "--parent-check"];
      await program("pg_amcheck", "-h", "127.0.0.1", "-p", String(port), "-U", "tester", ...how, database);
    },
    async stop() {
      await halt("immediate").catch(() => {});
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** The newest installation; Debian keeps it out of the PATH. */
function findPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const inPath = Bun.which("initdb");
  const candidates = [
    ...versions.map((version) => join(root, version, "bin")),
    ...(inPath ? [join(inPath, "..")] : []),
  ];
  return candidates.find((directory) => existsSync(join(directory, "postgres")));
}

/** The server refuses to run as root. */
async function run(command: string[]): Promise<void> {
  const asUser =
    process.getuid?.() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  const child = Bun.spawn([...asUser, ...command], {
    cwd: "/",
    stdout: "ignore",
    stderr: "pipe",
    stdin: "ignore",
  });
  // The server inherits standard error, so its end is not awaited: the exit code alone says how it went.
  if ((await child.exited) !== 0) {
    throw new Error(`Cannot run ${command[0]}: ${await new Response(child.stderr).text()}`);
  }
}

async function idsOf(user: string): Promise<[uid: number, gid: number]> {
  const line = (await Bun.file("/etc/passwd").text())
    .split("\n")
    .find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (!uid || !gid) throw new Error(`Cannot find the user ${user}, as whom the server must run`);
  return [Number(uid), Number(gid)];
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return promise;
}
