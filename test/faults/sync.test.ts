import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { embeddedPlace, kindsUnderTest } from "../support/databases";
import { startExecutable } from "../support/executable";
import { temporaryFolder } from "../support/folder";
import { type Acknowledged, findEarlyAnswers, readTrace } from "../support/trace";
import { until } from "../support/until";

const posts = 25;
const strace = Bun.which("strace");
if (!strace && process.env.REQUIRE_SERVICES === "1") throw new Error("Cannot trace: strace is not installed");
if (!strace) console.error("skipped: strace is not installed");

const calls = "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sendto,sendmsg,io_uring_enter";

/** Posts one after the other, so that each message has a commit of its own, and gives what strace saw. */
async function traceExecutable(file: string): Promise<Acknowledged[]> {
  using place = embeddedPlace();
  // With -D strace is not the parent, so that signals meet the executable itself.
  const wrap = [strace as string, "-D", "-f", "-y", "-s", "65536", "-e", `trace=${calls}`, "-o", file];
  const running = await startExecutable(place.env, { wrap });
  const acknowledged: Acknowledged[] = [];
  for (let n = 0; n < posts; n++) {
    const marker = `marker-${crypto.randomUUID()}`;
    const answer = await fetch(`${running.url}/f/contact`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
      // Three times, because a page of the log may end within one of them.
      body: JSON.stringify({
        name: "Ada",
        email: "ada@example.com",
        message: `${marker} ${marker} ${marker}`,
      }),
    });
    acknowledged.push({ marker, id: ((await answer.json()) as { id: string }).id });
  }
  await running.kill();
  // strace pads short process ids with blanks.
  const ended = new RegExp(`^${running.pid} +\\+\\+\\+ exited`, "m");
  await until(async () => ended.test(await Bun.file(file).text()), 40);
  return acknowledged;
}

test.skipIf(!strace).each(kindsUnderTest("embedded"))(
  "%s: no answer leaves before the sync of its commit",
  async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "trace");

    const acknowledged = await traceExecutable(file);

    const events = readTrace(await Bun.file(file).text());
    const syncs = events.filter((event) => event.kind === "sync" && event.file.includes("/pg_wal/")).length;
    console.error(
      `embedded: ${acknowledged.length} answers, each after its sync; ${syncs} syncs of the log in all`,
    );
    expect(acknowledged).toHaveLength(posts);
    expect(findEarlyAnswers(events, acknowledged)).toEqual([]);
    expect(syncs).toBeGreaterThanOrEqual(posts);

    // The same run as if the hook were missing: without its syncs every single answer is too early.
    const unsynced = events.filter(({ kind }) => kind !== "sync");
    expect(findEarlyAnswers(unsynced, acknowledged)).toHaveLength(posts);
  },
  60_000,
);

describe("the check itself", () => {
  const wal = "/data/pgdata/pg_wal/000000010000000000000001";
  const write = `7 pwrite64(84<${wal}>, "\\30\\321 marker-1 \\0", 8192, 0) = 8192`;
  const sync = `7 fsync(84<${wal}>) = 0`;
  const answer = `7 sendto(138<socket:[1]>, "HTTP/1.1 200 OK\\r\\n\\r\\n{\\"id\\":\\"id-1\\"}", 9, 0, NULL, 0) = 9`;
  const other = `7 pwrite64(90<${wal.replace(/1$/, "2")}>, "more", 8192, 0) = 8192`;
  const began = `8 fsync(84<${wal}> <unfinished ...>`;
  const ended = "8 <... fsync resumed>) = 0";
  const failed = `7 fsync(84<${wal}>) = -1 EIO (Input/output error)`;
  const elsewhere = sync.replace("pg_wal", "base");

  test.each([
    ["an answer after its sync is in order", [write, sync, answer], undefined],
    ["a sync on another thread counts from its end", [write, began, ended, answer], undefined],
    ["an answer before its sync", [write, answer, sync], "not synced"],
    ["an answer before its write", [answer, write, sync], "not written"],
    ["an answer while its sync runs", [write, began, answer, ended], "not synced"],
    ["a sync before the write", [sync, write, answer], "not synced"],
    ["a sync of another file", [write, elsewhere, answer], "not synced"],
    ["a sync that fails", [write, failed, answer], "not synced"],
    ["a second segment that is not synced", [write, other, sync, answer], "not synced"],
    ["no answer at all", [write, sync], "no answer"],
  ] as const)("%s", (_, lines, reason) => {
    const found = findEarlyAnswers(readTrace(lines.join("\n")), [{ marker: "marker-1", id: "id-1" }]);

    expect(found.map((each) => each.reason as string)).toEqual(reason ? [reason] : []);
  });
});
