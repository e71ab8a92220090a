import { migrate } from "#/kernel/db";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { seedSubmissions } from "#/modules/forms";
import { readArguments } from "../command";
import type { DatabaseCommand } from "../database-command";
import { exitCodes } from "../exit-codes";

/** `--force`, or nothing. Refuses production without it. */
export function checkSeed(args: string[], { production }: { production: boolean }): void {
  const { values } = readArguments(args, { options: { force: { type: "boolean" } } });
  if (!production || values.force) return;
  throw new StartRefusal(exitCodes.failed, "This is production; --force seeds it all the same");
}

export const seedForms: DatabaseCommand = async ({ config, database, db, jobs, log }, args, output) => {
  checkSeed(args, config);
  await migrate(database, log);
  await jobs.open();
  const { stored, known } = await seedSubmissions({ db, jobs });
  for (const [form, count] of stored) await output.write(`${form.padEnd(18)} ${count}\n`);
  await output.write(known > 0 ? `${known} were there already\n` : "");
  return exitCodes.done;
};
