import { integer, text, timestamp } from "drizzle-orm/pg-core";
import { gatehouse } from "../db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** What went wrong, by cause: sent once an hour, then as a count. */
export const alerts = gatehouse.table("alerts", {
  cause: text().primaryKey(),
  /** How often since it was sent. */
  count: integer().notNull().default(1),
  title: text().notNull().default(""),
  text: text().notNull().default(""),
  /** The way that is broken. */
  notBy: text().$type<"mail" | "chat">(),
  firstAt: moment().notNull().defaultNow(),
  lastAt: moment().notNull().defaultNow(),
  sentAt: moment(),
});
