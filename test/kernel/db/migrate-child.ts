/** Migrates a database (a URL, or the path of a data directory) with the migration of the second argument, until it is killed. */
import { migrate, openDatabase } from "#/kernel/db";
import { migrations } from "#/kernel/db/migrations";

const [place = "", text = ""] = process.argv.slice(2);
const settings = place.startsWith("/")
  ? { DATA_DIR: place, DATABASE_URL: undefined }
  : { DATA_DIR: "", DATABASE_URL: place };
const database = await openDatabase(settings, () => {});
await migrate(database, () => {}, [...migrations, { name: "9000_slow", text }]);
