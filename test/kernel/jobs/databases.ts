import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { chown } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle as overPglite } from "drizzle-orm/pglite";
import { drizzle as overPostgres } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import type { Database, Db } from "#/kernel/db";
import { readRows, toParameter } from "#/kernel/db/execute-sql";

const binaries = "/usr/lib/postgresql/15/bin";

/** An embedded database, in memory when no directory is given. */
export async function openEmbedded(directory?: string): Promise<Database> {
  const pglite = await PGlite.create(directory);
  return {
    kind: "embedded",
    db: overPglite(pglite) as unknown as Db,
    async executeSql(text, values) {
      if (values?.length) return { rows: readRows(await pglite.query(text, values.map(toParameter))) };
      try {
        return { rows: (await pglite.exec(text)).flatMap((result) => readRows(result as never)) };
      } catch (error) {
        await pglite.exec("rollback");
        throw error;
      }
    },
    check: async () => ({ ok: true, detail: "" }),
    close: () => pglite.close(),
  };
}

/** A connection pool to a server that is already there. */
export function openPool(url: string): Database {
  const sql = postgres(url, { max: 5, onnotice: () => {} });
  return {
    kind: "postgres",
    db: overPostgres(sql) as unknown as Db,
    async executeSql(text, values) {
      if (values?.length)
        return { rows: readRows(await sql.unsafe(text, values.map(toParameter) as never[])) };
      const connection = await sql.reserve();
      try {
        return { rows: readRows(await connection.unsafe(text)) };
      } catch (error) {
        await connection.unsafe("rollback");
        throw error;
      } finally {
        connection.release();
      }
    },
    check: async () => ({ ok: true, detail: "" }),
    close: () => sql.end({ timeout: 2 }),
  };
}

/** Starts a PostgreSQL of one's own on loopback, in a temporary directory; `newDatabase` gives its address. */
export async function startServer(): Promise<{ newDatabase(): Promise<string>; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-pg-"));
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? serverUser() : undefined;
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, "data");
  const initdb = ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"];
  const made = spawnSync(join(binaries, "initdb"), initdb, { ...user, cwd: directory });
  if (made.status !== 0) throw new Error(`Cannot initialise PostgreSQL: ${made.stderr}`);

  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${directory}`];
  const args = ["-D", data, ...[...settings, "fsync=off"].flatMap((setting) => ["-c", setting])];
  const server = spawn(join(binaries, "postgres"), args, { ...user, cwd: directory, stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));

  const url = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`;
  await untilItAnswers(url("postgres"));
  let count = 0;
  return {
    async newDatabase() {
      const name = `jobs_${++count}`;
      const sql = postgres(url("postgres"), { max: 1 });
      await sql.unsafe(`create database ${name}`);
      await sql.end();
      return url(name);
    },
    async stop() {
      server.kill("SIGINT");
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

function serverUser() {
  const id = (flag: string) => Number(spawnSync("id", [flag, "postgres"]).stdout.toString());
  return { uid: id("-u"), gid: id("-g") };
}

async function untilItAnswers(url: string) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const sql = postgres(url, { max: 1, connect_timeout: 2 });
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await Bun.sleep(50);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}
