import { text, timestamp } from "drizzle-orm/pg-core";
import { bytea } from "../db/bytea";
import { gatehouse } from "../db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

export type SuppressionReason = "bounced" | "complained" | "declined" | "refused";

/** Addresses of visitors that no mail of ours goes to any more, each as a keyed hash. */
export const suppressions = gatehouse.table("suppressions", {
  addressHash: bytea().primaryKey(),
  reason: text().$type<SuppressionReason>().notNull(),
  createdAt: moment().notNull().defaultNow(),
});
