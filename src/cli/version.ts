import { commit, version } from "#/kernel/version";
import { type Help, print, readArguments } from "./command";
import { exitCodes } from "./exit-codes";

export const help: Help = {
  usage: "[--json]",
  summary: "Print version, commit and the kinds of database",
  exits: [],
};

export async function run(args: string[]): Promise<number> {
  const { values } = readArguments(args, { options: { json: { type: "boolean" } } });
  const facts = { version, commit, database: ["embedded", "postgres"] };
  print(values.json ? JSON.stringify(facts) : `gatehouse ${version} (${commit})`);
  return exitCodes.done;
}
