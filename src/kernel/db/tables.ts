import { boolean, text, timestamp } from "drizzle-orm/pg-core";
import { gatehouse } from "./schema";

/** What `migrate.ts` has applied. `breaking` outlives the release that brought it: an older one reads it. */
export const migrations = gatehouse.table("migrations", {
  name: text().primaryKey(),
  hash: text().notNull(),
  breaking: boolean().notNull(),
  appliedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
