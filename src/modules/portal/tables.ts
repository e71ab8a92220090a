import { integer, jsonb, timestamp } from "drizzle-orm/pg-core";
import { gatehouse } from "#/kernel/db/schema";

/** Members of a section as far as they differ from its defaults. */
export type Section = Readonly<Record<string, string | number | boolean>>;

/** What a person chose in the portal. No row means all defaults. The key to `users` is in the migration. */
export const userSettings = gatehouse.table("user_settings", {
  userId: integer().primaryKey(),
  notifications: jsonb().$type<Section>().notNull().default({}),
  appearance: jsonb().$type<Section>().notNull().default({}),
  privacy: jsonb().$type<Section>().notNull().default({}),
  updatedAt: timestamp({ withTimezone: true, mode: "date" }).notNull().defaultNow(),
});
