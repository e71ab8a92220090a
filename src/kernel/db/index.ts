export type { Database, Db, Executor } from "./database";
export { executorOf } from "./execute-sql";
export { measureDatabase } from "./measure-database";
export { migrate, migrateWhenReachable, migrationStatus } from "./migrate";
export { openDatabase } from "./open";
export { hasDatabase } from "./prepare-data-dir";
