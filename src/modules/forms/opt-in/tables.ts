import { index, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytea } from "#/kernel/db/bytea";
import { gatehouse } from "#/kernel/db/schema";

const moment = () => timestamp({ withTimezone: true, mode: "date" });

/** Links by which a visitor says that a message was theirs; the link itself is only in the mail. */
export const optIns = gatehouse.table(
  "opt_ins",
  {
    tokenHash: bytea().primaryKey(),
    submissionId: uuid().notNull(),
    emailNormalised: text().notNull(),
    expiresAt: moment().notNull(),
    confirmedAt: moment(),
    declinedAt: moment(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [index().on(table.emailNormalised), index().on(table.submissionId)],
);
