import gatehouse from "../../../drizzle/0000_gatehouse.sql" with { type: "text" };
import forms from "../../../drizzle/0001_forms.sql" with { type: "text" };
import rateLimits from "../../../drizzle/0002_rate_limits.sql" with { type: "text" };
import accounts from "../../../drizzle/0003_accounts.sql" with { type: "text" };
import auditGuard from "../../../drizzle/0004_audit_guard.sql" with { type: "text" };
import inbox from "../../../drizzle/0005_inbox.sql" with { type: "text" };
import inboxIndexes from "../../../drizzle/0006_inbox_indexes.sql" with { type: "text" };
import delivery from "../../../drizzle/0007_delivery.sql" with { type: "text" };

/** One file of `drizzle/`. Its first line is `-- breaking: why` when an older release could not live with it. */
export type Migration = { name: string; text: string };

/** In the order in which they apply. A new file in `drizzle/` is a line here: a test compares the two. */
export const migrations: readonly Migration[] = [
  { name: "0000_gatehouse", text: gatehouse },
  { name: "0001_forms", text: forms },
  { name: "0002_rate_limits", text: rateLimits },
  { name: "0003_accounts", text: accounts },
  { name: "0004_audit_guard", text: auditGuard },
  { name: "0005_inbox", text: inbox },
  { name: "0006_inbox_indexes", text: inboxIndexes },
  { name: "0007_delivery", text: delivery },
];

/** The schema that this release makes, by the name of its last migration. */
export const latestMigration = migrations.at(-1)?.name;
