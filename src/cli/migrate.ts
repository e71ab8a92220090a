import type { Help } from "./command";
import { readMigrateArguments } from "./database/migrate-database";
import { standardOutput } from "./output";
import { readCommandConfig, runDatabaseCommand } from "./run-database-command";

export const help: Help = {
  usage: "[--check]",
  summary: "Bring the database up to this release, without serving",
  details:
    "serve does it too. While a server runs on the embedded database, that server is asked.\n  --check   only say what is applied, pending and unknown; 0 when nothing is pending, else 1",
  exits: ["failed", "storage", "locked", "breakingMigration", "configuration"],
};

export async function run(args: string[]): Promise<number> {
  const { check = false } = readMigrateArguments(args);
  return runDatabaseCommand(readCommandConfig(), { name: "migrate", args, create: !check }, standardOutput());
}
