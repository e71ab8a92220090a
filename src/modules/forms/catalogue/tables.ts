import { boolean, integer, jsonb, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { gatehouse } from "#/kernel/db/schema";
import type { FormDefinition } from "./form-definition";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** A form that the team made, or a built-in one that it has changed. */
export const forms = gatehouse.table("forms", {
  slug: text().primaryKey(),
  builtIn: boolean().notNull(),
  /** The version that posts are checked with, of `form_versions`. */
  currentVersion: integer().notNull(),
  deletedAt: moment(),
  createdAt: moment().notNull().defaultNow(),
  updatedAt: moment().notNull().defaultNow(),
});

/** Every definition that a form ever had: a message is read with the one it was checked with. */
export const formVersions = gatehouse.table(
  "form_versions",
  {
    form: text().notNull(),
    version: integer().notNull(),
    definition: jsonb().$type<FormDefinition>().notNull(),
    /** The account that made it. */
    madeBy: integer(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.form, table.version] })],
);
