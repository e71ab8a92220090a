import { pgSchema } from "drizzle-orm/pg-core";

/** Every table of ours lives here: an existing `DATABASE_URL` may already hold tables called users. */
export const gatehouse = pgSchema("gatehouse");
