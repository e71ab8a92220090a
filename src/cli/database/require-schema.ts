import { type Executor, migrationStatus } from "#/kernel/db";
import { StartRefusal } from "#/kernel/db/start-refusal";
import { exitCodes } from "../exit-codes";

/** For commands that read and do not migrate: throws `StartRefusal` where the schema is not the one of this release. */
export async function requireSchema(database: Executor): Promise<void> {
  const { refusal, pending } = await migrationStatus(database);
  if (refusal) throw refusal;
  if (pending.length > 0) {
    throw new StartRefusal(
      exitCodes.failed,
      'The database is older than this release; "gatehouse migrate" mends it',
    );
  }
}
