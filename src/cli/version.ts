import { latestMigration } from "#/kernel/db/migrations";
import { commit, version } from "#/kernel/version";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

export const help: Help = {
  usage: "[--json]",
  summary: "Print version, commit, schema and the kinds of database",
  details: "The schema is the name of the last migration that this release carries.",
  exits: [],
};

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, { options: { json: { type: "boolean" } } });
  const facts = { version, commit, schema: latestMigration, database: ["embedded", "postgres"] };
  const lines = [
    `gatehouse ${version} (${commit})`,
    `schema ${facts.schema}`,
    `databases ${facts.database.join(", ")}`,
  ];
  print(values.json ? JSON.stringify(facts) : lines.join("\n"));
  return exitCodes.done;
}
