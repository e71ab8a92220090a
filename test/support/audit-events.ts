import { audit } from "#/kernel/audit";
import type { Database, Db } from "#/kernel/db";

/** An event of a person, with a personal part. */
export const writeEvent = (tx: Db, subject: string | number, event = "account.verified"): Promise<void> =>
  audit(tx, {
    event,
    actor: 7,
    subject: { type: "user", id: subject },
    data: { before: { role: "user" }, after: { role: "editor" }, share: 0.1 },
    details: { address: "ada@example.com" },
    origin: { requestId: `r-${subject}`, ip: "192.0.2.1", agent: "Mozilla/5.0" },
  });

/** Does to the tables what only somebody with all rights can: the triggers do not see it. */
export const tamper = (database: Database, statement: string) =>
  database.executeSql(`begin; set local session_replication_role = replica; ${statement}; commit`);
