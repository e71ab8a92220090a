import type { Help } from "./command";
import { checkSeed } from "./database/seed-forms";
import { standardOutput } from "./output";
import { readCommandConfig, runDatabaseCommand } from "./run-database-command";

export const help: Help = {
  usage: "[--force]",
  summary: "Fill the forms with a few dozen invented messages",
  details: [
    "They pass the same checks, storage and jobs as messages of visitors: they are judged, and NOTIFY_EMAIL hears of\nthem once a server runs. Every sender is invented, under example.com and the like, and each message carries the\ndoor `seed`. A second run adds nothing.",
    "  --force   in production as well",
  ].join("\n\n"),
  exits: ["failed", "storage", "locked", "breakingMigration", "configuration"],
};

export async function run(args: string[]): Promise<number> {
  const config = readCommandConfig();
  // Here as well as where the database is, so that a refusal makes none.
  checkSeed(args, config);
  return runDatabaseCommand(config, { name: "seed", args, create: true }, standardOutput());
}
