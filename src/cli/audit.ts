import type { Help } from "./command";
import { readAuditArguments } from "./database/verify-audit";
import { standardOutput } from "./output";
import { readCommandConfig, runDatabaseCommand } from "./run-database-command";

export const help: Help = {
  usage: "verify",
  summary: "Prove that no event of the audit was changed, removed or put in",
  details: [
    "Prints the head of the chain (its last place and hash), how many events are sealed, and how many not yet; ends\nwith 1 and names the first event that is not right. It works while a server runs.",
    "The head of each day is in the log as audit.head: the hash that this prints for a head must be the one logged\nthen, else somebody rewrote the chain as a whole.",
  ].join("\n\n"),
  exits: ["failed", "storage", "locked", "breakingMigration", "configuration"],
};

export async function run(args: string[]): Promise<number> {
  readAuditArguments(args);
  return runDatabaseCommand(readCommandConfig(), { name: "audit", args }, standardOutput());
}
