import { resolve } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import type { Log } from "#/kernel/log";
import { bareErrors } from "./bare-errors";
import type { Database, Db, Executor } from "./database";
import { diskSpace, dropBallast, hasRoom, hasRoomToOpen, keepBallast } from "./disk-space";
import type { Layer } from "./durable-fs";
import { startEngine } from "./engine";
import { guardEngine } from "./engine-faults";
import { readRows, toParameter } from "./execute-sql";
import { lockDataDir } from "./lock-data-dir";
import { openFilesReason } from "./open-files";
import { createDataDir, prepareDataDir } from "./prepare-data-dir";
import { type Engine, type EngineAtWork, replaceEngine } from "./replace-engine";
import { StartRefusal, storageRefusal } from "./start-refusal";
import { startUpkeep } from "./upkeep";
import { within } from "./within";

/**
 * Opens the database in `DATA_DIR`: `lock` (held while the process lives), `pgdata`, `ballast` (16 MB that a
 * full disk gets back). Throws `StartRefusal`: 75 when another process has it, 74 when the disk is full.
 */
export async function openEmbedded(dataDir: string, log: Log, ...layers: Layer[]): Promise<Database> {
  const directory = resolve(dataDir);
  createDataDir(directory);
  const unlock = lockDataDir(directory);
  try {
    const openAgain = () => open(directory, log, layers);
    const engines = replaceEngine(await openAgain(), {
      open: openAgain,
      hasRoom: () => hasRoomToOpen(directory),
      log,
    });
    return toDatabase(engines, directory, unlock, log);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function open(directory: string, log: Log, layers: Layer[]): Promise<PGlite> {
  // Asked before, because the answer is a file too.
  const tooFewFiles = openFilesReason();
  if (dropBallast(directory)) log("warn", "database.ballast_dropped");
  try {
    const engine = await startEngine(await prepareDataDir(directory), ...layers);
    keepBallast(directory);
    return engine;
  } catch (error) {
    if (error instanceof StartRefusal) throw error;
    const reason = tooFewFiles ?? diskReason(directory);
    throw storageRefusal(`Cannot open the database in ${directory}: ${reason}`, error);
  }
}

function diskReason(directory: string): string {
  const megabytes = Math.floor(diskSpace(directory).free / 2 ** 20);
  return megabytes < 32
    ? `only ${megabytes} MB of disk space are left`
    : "its files cannot be read or written";
}

function toDatabase(engines: EngineAtWork, directory: string, unlock: () => void, log: Log): Database {
  bareErrors();
  const guard = guardEngine(engines);
  const executor = toExecutor(guard.run);
  const upkeep = startUpkeep(executor, log);
  let closing: Promise<void> | undefined;

  const close = async () => {
    upkeep.stop();
    try {
      await engines.close();
    } finally {
      unlock();
    }
  };

  return {
    kind: "embedded",
    db: drizzle(guard.client as unknown as PGlite, { casing: "snake_case" }) as unknown as Db,
    ...executor,
    exclusive: (work) => work(executor),
    async check() {
      const answers = await within(2_000, executor.executeSql("select 1")).catch(() => undefined);
      return answers ? { ok: true, detail: "answers" } : { ok: false, detail: "does not answer" };
    },
    hasRoom: () => hasRoom(directory),
    meter: guard.meter,
    close: () => (closing ??= close()),
  };
}

/**
 * PGlite has one session, so a transaction that a text opens and fails to end would poison what follows: its
 * rollback is queued right behind it, before anybody else's statement.
 */
const toExecutor = (run: <T>(work: (engine: Engine) => Promise<T>) => Promise<T>): Executor => ({
  executeSql: (text, values = []) =>
    run(async (engine) => {
      if (values.length > 0) return { rows: readRows(await engine.query(text, values.map(toParameter))) };
      const results = engine.exec(text);
      const cleared = /\bbegin\b/i.test(text) ? engine.exec("rollback") : undefined;
      const [answer] = await Promise.allSettled([results, cleared]);
      if (answer.status === "rejected") throw answer.reason;
      return { rows: answer.value.flatMap((result) => readRows(result as Parameters<typeof readRows>[0])) };
    }),
});
