import { temporaryFolder } from "../support/folder";
import type { PostgresServer } from "../support/postgres";
import { startService } from "./service";

/** A database that the executable itself has prepared; with `createDatabase(template)` others begin as it is. */
export async function migratedDatabase(postgres: PostgresServer): Promise<string> {
  using folder = temporaryFolder();
  const url = await postgres.createDatabase();
  const service = await startService(folder.path, url);
  await service.ready();
  await service.stop();
  return url;
}
