/**
 * Opens the embedded database in the directory of the first argument, says `open`, and waits to be killed.
 * `commit <n>`: commits n rows one by one and writes a line after each. `nosync`: without our syncs. `ballast`, `close`.
 */
import { writeSync } from "node:fs";
import { openEmbedded } from "#/kernel/db/embedded";

const [directory = "", mode, count = "0", sync] = process.argv.slice(2);
try {
  const database = await openEmbedded(
    directory,
    () => {},
    (fileSystem) => {
      if (sync === "nosync") delete fileSystem.stream_ops.fsync;
    },
  );
  writeSync(1, "open\n");
  if (mode === "commit") {
    await database.executeSql("create table if not exists acknowledged (n int primary key)");
    const { rows } = await database.executeSql("select coalesce(max(n), 0) as n from acknowledged");
    for (let n = Number(rows[0]?.n) + 1; n <= Number(count); n++) {
      await database.executeSql("insert into acknowledged values ($1)", [n]);
      writeSync(1, `ack ${n}\n`);
    }
  }
  if (mode === "commit" || mode === "close") await database.close();
  else setInterval(() => {}, 60_000);
} catch (error) {
  const { message, exitCode } = error as Error & { exitCode?: number };
  writeSync(2, `${message}\n`);
  process.exit(exitCode ?? 1);
}
