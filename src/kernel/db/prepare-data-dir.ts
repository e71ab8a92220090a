import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import packed from "./data-dir.bin" with { type: "file" };
import { syncDirectory } from "./durable-fs";
import { unpackDirectory } from "./packed-data-dir";
import { storageRefusal } from "./start-refusal";

/** Creates `DATA_DIR` where it is missing and closes it to other users: it holds what people sent. */
export function createDataDir(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
  } catch (error) {
    throw storageRefusal(`Cannot create or own the data directory ${directory}`, error);
  }
}

/** Whether a database was ever started in `DATA_DIR`: a command that only looks must not create one. */
export const hasDatabase = (directory: string): boolean => existsSync(join(directory, "pgdata"));

/**
 * The directory of the database inside a locked `DATA_DIR`, unpacked on first use. It appears under its name
 * complete and synced or not at all, so a first start that is interrupted starts over.
 */
export async function prepareDataDir(directory: string): Promise<string> {
  const [target, aside] = [join(directory, "pgdata"), join(directory, "pgdata.new")];
  rmSync(aside, { recursive: true, force: true });
  if (existsSync(target)) return target;

  await unpackDirectory(await Bun.file(packed).bytes(), aside);
  renameSync(aside, target);
  syncDirectory(directory);
  return target;
}
