import { migrate } from "#/kernel/db";
import { seedSubmissions } from "#/modules/forms";
import { readArguments } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";

/** `--force`, or nothing. */
export const readSeedArguments = (args: string[]) =>
  readArguments(args, { options: { force: { type: "boolean" } } }).values;

export const seedForms: DatabaseCommand = async ({ config, database, db, jobs, log }, args, output) => {
  if (config.production && !readSeedArguments(args).force) {
    await output.complain("gatehouse: This is production; --force seeds it all the same\n");
    return exitCodes.failed;
  }
  await migrate(database, log);
  await jobs.open();
  const { stored, known } = await seedSubmissions({ db, jobs });
  for (const [form, count] of stored) await output.write(`${form.padEnd(18)} ${count}\n`);
  await output.write(known > 0 ? `${known} were there already\n` : "");
  return exitCodes.done;
};
