import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { NodeFileSystem } from "#/kernel/db/durable-fs";
import { openEmbedded } from "#/kernel/db/embedded";

const script = join(import.meta.dir, "open-child.ts");
const commits = 40;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "gatehouse-durable-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** If one of these fails after an upgrade of PGlite, read `kernel/db/durable-fs.ts` and D18 again before anything else. */
describe("the insides of PGlite that the syncs lean on", () => {
  let seen: NodeFileSystem;
  const opened: string[] = [];
  const calls = { fsync: 0, mknod: 0, rename: 0, unlink: 0 };

  beforeAll(async () => {
    const database = await openEmbedded(
      join(directory, "insides"),
      () => {},
      (fileSystem) => {
        seen = { ...fileSystem };
        count(fileSystem.stream_ops as Record<"fsync", Operation>, "fsync");
        for (const name of ["mknod", "rename", "unlink"] as const)
          count(fileSystem.node_ops as unknown as Record<typeof name, Operation>, name);
      },
    );
    await database.executeSql("create table probe (n int)");
    calls.fsync = 0;
    for (let n = 0; n < 10; n++) await database.executeSql("insert into probe values ($1)", [n]);
    const { rows } = await database.executeSql(
      "select name, setting from pg_settings where name in ('fsync', 'wal_sync_method', 'synchronous_commit', 'full_page_writes', 'data_checksums')",
    );
    for (const { name, setting } of rows) opened.push(`${name}=${setting}`);
    await database.executeSql("checkpoint");
    await database.close();
  });

  type Operation = (...args: unknown[]) => unknown;
  function count<Name extends keyof typeof calls>(operations: Record<Name, Operation>, name: Name) {
    const operation = operations[name];
    operations[name] = (...args) => {
      calls[name]++;
      return operation(...args);
    };
  }

  test("the file system has the operations that we replace, and they are called", () => {
    expect(typeof seen.realPath).toBe("function");
    expect(typeof seen.tryFSOperation).toBe("function");
    expect(calls.fsync).toBeGreaterThanOrEqual(10);
    expect(calls.mknod).toBeGreaterThan(0);
    expect(calls.rename).toBeGreaterThan(0);
    expect(calls.unlink).toBeGreaterThan(0);
  });

  test("the server runs with real syncs by the one method that reaches us", () => {
    expect(opened.sort()).toEqual([
      "data_checksums=on",
      "fsync=on",
      "full_page_writes=on",
      "synchronous_commit=on",
      "wal_sync_method=fsync",
    ]);
  });

  test("`-F`, which we take out, is still a start parameter of its own", () => {
    expect(PGlite.defaultStartParams).toContain("-F");
    expect(PGlite.defaultStartParams.join(" ")).not.toContain("fsync");
  });

  test("its version is the one that all this was measured on", async () => {
    const { version } = await Bun.file("node_modules/@electric-sql/pglite/package.json").json();
    expect(version).toBe("0.5.16");
  });
});

const strace = Bun.which("strace");
if (!strace && process.env.REQUIRE_SERVICES === "1")
  throw new Error("Cannot test the syncs: strace is missing");
if (!strace)
  console.error("skipped: strace is not installed, so nobody watches the order of syncs and answers");

describe.skipIf(!strace)("under strace", () => {
  /** The commits whose answer left the process without a sync of a WAL file since the one before. */
  async function unsynced(name: string, ...mode: string[]): Promise<number[]> {
    const trace = join(directory, `${name}.trace`);
    const calls = ["-f", "-y", "-e", "trace=fsync,fdatasync,write,pwrite64", "-s", "16", "-o", trace];
    const command = [process.execPath, script, join(directory, name), "commit", String(commits), ...mode];
    const child = Bun.spawn([strace ?? "", ...calls, ...command], { stdout: "ignore", stderr: "inherit" });
    expect(await child.exited).toBe(0);

    const late: number[] = [];
    let answered = 0;
    let synced = false;
    for (const line of (await Bun.file(trace).text()).split("\n")) {
      if (/\bf(data)?sync\(\d+<[^>]*\/pg_wal\/[0-9A-F]{24}>\)\s+= 0/.test(line)) synced = true;
      const answer = /\bwrite\(1<.*"ack (\d+)/.exec(line)?.[1];
      if (!answer) continue;
      answered++;
      if (!synced) late.push(Number(answer));
      synced = false;
    }
    expect(answered).toBe(commits);
    return late;
  }

  test("every commit is synced before its answer leaves", async () => {
    expect(await unsynced("synced")).toEqual([]);
  }, 30_000);

  test("and this test would see it if it were not", async () => {
    expect((await unsynced("unsynced", "nosync")).length).toBe(commits);
  }, 30_000);
});
