/** Migrates the database of the first argument with the migration of the second, until it is killed. */
import { migrate, openDatabase } from "#/kernel/db";
import { migrations } from "#/kernel/db/migrations";

const [url, text = ""] = process.argv.slice(2);
const database = await openDatabase({ DATA_DIR: "", DATABASE_URL: url }, () => {});
await migrate(database, () => {}, [...migrations, { name: "0001_slow", text }]);
