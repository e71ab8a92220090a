import { migrate, migrationStatus } from "#/kernel/db";
import { version } from "#/kernel/version";
import { readArguments } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";

/** `--check` alone, or nothing. */
export const readMigrateArguments = (args: string[]) =>
  readArguments(args, { options: { check: { type: "boolean" } } }).values;

export const migrateDatabase: DatabaseCommand = async (tools, args, output) => {
  if (readMigrateArguments(args).check) return check(tools, args, output);
  const { database, jobs, log } = tools;
  const applied = await migrate(database, log);
  await jobs.migrate();
  const lines = applied.map((name) => `applied ${name}\n`);
  await output.write(lines.length > 0 ? lines.join("") : "Nothing to apply\n");
  return exitCodes.done;
};

const check: DatabaseCommand = async ({ database }, _args, { write, complain }) => {
  const { applied, pending, unknown, refusal } = await migrationStatus(database);
  const known = applied.filter((name) => !unknown.includes(name));
  const list = (word: string, names: string[]) => names.map((name) => `${word.padEnd(8)} ${name}\n`).join("");
  await write(list("applied", known) + list("unknown", unknown) + list("pending", pending));
  await write(
    `gatehouse ${version}, ${database.kind} database: ${known.length} applied, ${unknown.length} unknown, ${pending.length} pending\n`,
  );
  if (refusal) {
    await complain(`gatehouse: ${refusal.message}\n`);
    return refusal.exitCode;
  }
  return pending.length > 0 ? exitCodes.failed : exitCodes.done;
};
