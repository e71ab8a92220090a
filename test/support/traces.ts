import type { Database } from "#/kernel/db";
import type { ParsedMail } from "./parse-mail";
import { until } from "./until";

type Row = Record<string, unknown>;

/** Everything the service left behind: tables of the schema by name, its jobs, and the mails that arrived. */
export type Traces = {
  tables: Record<string, Row[]>;
  jobs: { name: string; data: Row; state: string }[];
  mails: { to: string[]; subject: string }[];
};

/** Work that a visit starts; what runs on a schedule comes and goes by itself. */
const ours = `(name in ('forms.process', 'forms.process_captcha', 'forms.tend_lane', 'forms.canary_check', 'alerts.send', 'accounts.mail_link',
  'accounts.mail_notice') or name like 'forms.deliver%')`;

/** The seal of an event comes by itself, at any moment. */
const sealless = " - 'seq' - 'hash'";

export async function readTraces(database: Database, mails: readonly ParsedMail[]): Promise<Traces> {
  const tables: Traces["tables"] = {};
  for (const table of await listTables(database)) {
    const { rows } = await database.executeSql(
      `select (to_jsonb(t)${table === "audit_events" ? sealless : ""})::text as row from gatehouse.${table} t order by 1`,
    );
    tables[table] = rows.map(({ row }) => JSON.parse(String(row)) as Row);
  }
  const { rows } = await database.executeSql(
    `select name, data::text as data, state::text as state from gatehouse_jobs.job_common where ${ours} order by 1, 2, 3`,
  );
  const jobs = rows.map(({ name, data, state }) => ({
    name: String(name),
    data: JSON.parse(String(data)) as Row,
    state: String(state),
  }));
  const received = mails.map(({ envelope, headers }) => ({
    to: envelope.to,
    subject: headers.get("subject")?.[0] ?? "",
  }));
  return { tables, jobs, mails: received };
}

/** Waits until no job is running or due; those planned for later stay. */
export const settled = (database: Database): Promise<void> =>
  until(() => isEmpty(database, "state = 'active' or (state < 'active' and start_after <= now())"), 20);

/**
 * Keeps the migrations and the queues. What waits is dropped and what runs is waited for. Rows are deleted: a few go
 * faster so than by truncating whole tables. As a replica, because triggers keep the audit from being deleted.
 */
export async function empty(database: Database): Promise<void> {
  await database.executeSql(`delete from gatehouse_jobs.job_common where ${ours} and state < 'active'`);
  await until(() => isEmpty(database, "state = 'active'"), 20);
  const tables = [...(await listTables(database)), "audit_chain"].map(
    (table) => `delete from gatehouse.${table}`,
  );
  const unguarded = "set local session_replication_role = replica";
  await database.executeSql(
    [unguarded, ...tables, `delete from gatehouse_jobs.job_common where ${ours}`].join("; "),
  );
}

async function isEmpty(database: Database, jobs: string): Promise<boolean> {
  const { rows } = await database.executeSql(
    `select 1 from gatehouse_jobs.job_common where ${ours} and (${jobs}) limit 1`,
  );
  return rows.length === 0;
}

/** Limits count requests, not messages, so they are no trace of one; nor is the place where the seal stands. */
async function listTables(database: Database): Promise<string[]> {
  const { rows } = await database.executeSql(
    `select tablename from pg_tables where schemaname = 'gatehouse'
       and tablename not in ('migrations', 'rate_limits', 'audit_chain') order by 1`,
  );
  return rows.map(({ tablename }) => String(tablename));
}
