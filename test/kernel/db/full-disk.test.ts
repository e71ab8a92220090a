import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbedded } from "#/kernel/db/embedded";

const disk = mkdtempSync(join(tmpdir(), "gatehouse-full-disk-"));
const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", disk]).exitCode === 0;
if (!mounted && process.env.REQUIRE_SERVICES === "1")
  throw new Error("Cannot test a full disk: mount needs root");
if (!mounted) console.error("skipped: a small disk of its own needs root to be mounted");
afterAll(() => {
  if (mounted) Bun.spawnSync(["umount", disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(!mounted)("on a disk of 80 MB", () => {
  const directory = join(disk, "data");

  test("keeps what was acknowledged, says when there is no room, and starts on a full disk", async () => {
    const database = await openEmbedded(directory, () => {});
    await database.executeSql("create table kept (n int)");
    await database.executeSql("insert into kept values (1)");
    expect(database.hasRoom()).toBe(true);

    fill("first");
    expect(database.hasRoom()).toBe(false);
    expect((await database.executeSql("select n from kept")).rows).toEqual([{ n: 1 }]);
    await database.close();

    const events: string[] = [];
    const again = await openEmbedded(directory, (_level, event) => void events.push(event));
    expect(events).toEqual(["database.ballast_dropped"]);
    expect((await again.executeSql("select n from kept")).rows).toEqual([{ n: 1 }]);
    await again.close();
  });

  test("says why when not even that is enough, with code 74, and starts again once there is room", async () => {
    fill("second");

    const refusal = await openEmbedded(directory, () => {}).catch((error) => error);

    expect(refusal).toMatchObject({
      exitCode: 74,
      message: expect.stringMatching(/only \d+ MB of disk space are left/),
    });
    rmSync(join(disk, "first"));
    rmSync(join(disk, "second"));
    const database = await openEmbedded(directory, () => {});
    expect((await database.executeSql("select n from kept")).rows).toEqual([{ n: 1 }]);
    await database.close();
  });

  test("answers 503 once the log cannot grow, and keeps what it had answered before", async () => {
    const database = await openEmbedded(directory, () => {});
    await database.executeSql(
      "create table filled (n int, text text); alter table filled alter text set storage external",
    );
    fill("third");
    let answered = 0;
    let error: unknown;
    while (!error && answered < 200) {
      await database
        .executeSql("insert into filled select $1::int, repeat('x', 1000000)", [answered + 1])
        .then(
          () => answered++,
          (reason) => (error = reason),
        );
    }

    expect(error).toMatchObject({ name: "AppError", status: 503 });
    expect(
      await database.executeSql("select 1").then(
        () => 200,
        (reason) => reason.status,
      ),
    ).toBeOneOf([200, 503]);
    await database.close();
    rmSync(join(disk, "third"));
    const again = await openEmbedded(directory, () => {});
    const { rows } = await again.executeSql("select count(*)::int as n from filled");
    expect(rows[0]?.n).toBeGreaterThanOrEqual(answered);
    await again.close();
  });
});

/** Takes all the room that is left. */
function fill(name: string) {
  const file = openSync(join(disk, name), "w");
  const block = new Uint8Array(65_536);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
  } finally {
    closeSync(file);
  }
}
