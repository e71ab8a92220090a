import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "#/kernel/db/embedded";
import { keepUp } from "#/kernel/db/upkeep";
import { until } from "../../support/until";

// Each of these starts processes or databases, and the machine may be busy.
setDefaultTimeout(60_000);

const script = join(import.meta.dir, "open-child.ts");
const quiet = () => {};
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gatehouse-embedded-"));
});
const children: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

/** A process that opens the directory; it ends with the test at the latest. */
function spawn<Err extends "pipe" | "inherit">(stderr: Err, ...args: string[]) {
  const child = Bun.spawn([process.execPath, script, ...args], { stdout: "pipe", stderr });
  children.push(child);
  return child;
}

/** A process that has the directory open. */
async function spawnHolder() {
  const child = spawn("inherit", directory);
  await child.stdout.getReader().read();
  return child;
}

describe("the lock of the data directory", () => {
  test("turns a second process away with code 75 and the reason, and leaves the first unharmed", async () => {
    const database = await openEmbedded(directory, quiet);
    await database.executeSql("create table kept (n int)");

    const second = spawn("pipe", directory);

    expect(await second.exited).toBe(75);
    expect(await new Response(second.stderr).text()).toBe(
      `The data directory ${directory} is in use by another gatehouse process\n`,
    );
    await database.executeSql("insert into kept values (1)");
    expect((await database.executeSql("select n from kept")).rows).toEqual([{ n: 1 }]);
    await database.close();
  });

  test("is free again as soon as its holder is killed", async () => {
    const holder = await spawnHolder();
    expect(await openEmbedded(directory, quiet).catch((error) => error)).toMatchObject({ exitCode: 75 });

    holder.kill("SIGKILL");
    await holder.exited;

    const database = await openEmbedded(directory, quiet);
    expect(await database.check()).toMatchObject({ ok: true });
    await database.close();
  });

  test("is given back when the database closes", async () => {
    await (await openEmbedded(directory, quiet)).close();

    await (await openEmbedded(directory, quiet)).close();
  });

  test("is not inherited by a child process", async () => {
    const database = await openEmbedded(directory, quiet);
    const child = Bun.spawn(["sleep", "30"], { stdout: "ignore" });
    await database.close();

    await (await openEmbedded(directory, quiet)).close();
    child.kill();
    await child.exited;
  });
});

test("keeps what people sent from the other users of the machine", async () => {
  await (await openEmbedded(join(directory, "data"), quiet)).close();

  expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
});

test("loses nothing that was acknowledged when it is killed, time and again", async () => {
  let acknowledged = 0;
  for (let round = 1; round <= 3; round++) {
    const child = spawn("inherit", directory, "commit", "1000000");
    const goal = acknowledged + 50;
    for await (const line of lines(child.stdout)) {
      if (line.startsWith("ack ")) acknowledged = Number(line.slice(4));
      if (acknowledged >= goal) child.kill("SIGKILL");
    }
    await child.exited;
  }

  const database = await openEmbedded(directory, quiet);
  const { rows } = await database.executeSql("select count(*)::int as n, max(n) as last from acknowledged");
  expect(rows[0]?.n).toBeGreaterThanOrEqual(acknowledged);
  expect(rows[0]?.n).toBe(rows[0]?.last);
  await database.close();
});

test("opens after a first start that was killed at any moment", async () => {
  for (const milliseconds of [60, 120, 180, 240, 300, 400]) {
    const fresh = join(directory, String(milliseconds));
    const child = spawn("inherit", fresh);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    child.kill("SIGKILL");
    await child.exited;

    const again = spawn("inherit", fresh, "close");
    expect(await again.exited).toBe(0);
    expect(existsSync(join(fresh, "pgdata.new"))).toBe(false);
  }
});

test("starts over from a directory that was half unpacked", async () => {
  await Bun.write(join(directory, "pgdata.new", "base", "1", "half"), "half");

  const database = await openEmbedded(directory, quiet);

  expect(await database.check()).toMatchObject({ ok: true });
  expect(existsSync(join(directory, "pgdata.new"))).toBe(false);
  await database.close();
});

test("checkpoints by itself, so that the log does not grow for ever", async () => {
  const database = await openEmbedded(directory, quiet);
  await database.executeSql(
    "create table bulk (text text); alter table bulk alter text set storage external",
  );
  const segments = () =>
    readdirSync(join(directory, "pgdata/pg_wal")).filter((name) => /^[0-9A-F]{24}$/.test(name));

  const done: string[] = [];
  for (let round = 0; round < 8; round++) {
    await database.executeSql(
      "insert into bulk select repeat(md5(n::text), 200) from generate_series(1, 4000) n",
    );
    done.push(await keepUp(database));
  }

  expect(done).toContain("checkpoint");
  // 200 MB were written; a segment has 16 MB.
  expect(segments().length).toBeLessThan(8);
  await database.close();
});

test("vacuums a table that has more dead rows than living ones", async () => {
  const database = await openEmbedded(directory, quiet);
  await database.executeSql("create table queue (n int); insert into queue select generate_series(1, 1000)");
  await database.executeSql("delete from queue where n > 10; select pg_stat_force_next_flush()");
  await database.executeSql("select 1");

  const done: string[] = [];
  await until(async () => done[done.push(await keepUp(database)) - 1] === "nothing");

  expect(done).toContain("vacuum");
  const { rows } = await database.executeSql(
    "select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'queue'",
  );
  expect(rows).toEqual([{ dead: 0 }]);
  await database.close();
});

test("keeps 16 MB aside for a start on a full disk", async () => {
  const database = await openEmbedded(directory, quiet);
  await database.close();

  expect(statSync(join(directory, "ballast")).size).toBe(16 * 2 ** 20);
});

async function* lines(stream: ReadableStream<Uint8Array>) {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
