import { manageUsers } from "./database/manage-users";
import { migrateDatabase } from "./database/migrate-database";
import { probeServices } from "./database/probe-services";
import { seedForms } from "./database/seed-forms";
import { verifyAudit } from "./database/verify-audit";
import { writeExport } from "./database/write-export";
import type { DatabaseCommand } from "./database-command";

/** Every command that needs the database. `serve` does them for others, and without a server they do themselves. */
export const databaseCommands = {
  audit: verifyAudit,
  doctor: probeServices,
  export: writeExport,
  migrate: migrateDatabase,
  seed: seedForms,
  user: manageUsers,
} satisfies Record<string, DatabaseCommand>;

export type DatabaseCommandName = keyof typeof databaseCommands;
