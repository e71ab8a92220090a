import type { Config } from "#/kernel/config";
import type { Log } from "#/kernel/log";
import type { Database } from "./database";
import { openEmbedded } from "./embedded";
import { openPostgres } from "./postgres";

type Settings = Pick<Config, "DATABASE_URL" | "DATA_DIR">;

/**
 * Opens the database that the settings name, without migrating it: PostgreSQL by `DATABASE_URL` (also in
 * SQLAlchemy's `postgresql+driver://` forms), else the embedded one in `DATA_DIR`.
 * PostgreSQL may be away meanwhile. The embedded one throws `StartRefusal` when it cannot open.
 */
export async function openDatabase(config: Settings, log: Log): Promise<Database> {
  const { DATABASE_URL: url, DATA_DIR: directory } = config;
  return url
    ? openPostgres(url.replace(/^postgres(ql)?(\+\w+)?:/, "postgres:"), log)
    : openEmbedded(directory, log);
}
