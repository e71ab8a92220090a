import { pgSchema } from "drizzle-orm/pg-core";

/** Every table of ours lives here: the database of an existing site may already hold tables of the same names. */
export const gatehouse = pgSchema("gatehouse");
