import { type SQL, sql } from "drizzle-orm";
import type { PgBoss } from "pg-boss";

/** Makes the insert of one job for each row of a query whose only column is a payload as JSON. */
export type InsertStatement = (payloads: SQL) => SQL;

const parameter = "$1::text::json";

/**
 * pg-boss's own insert, so that its columns and defaults stay its affair, as a part for a `with` of another statement.
 * It reads the jobs from one parameter; a query stands there instead. Throws when a release of pg-boss reads them
 * otherwise.
 */
export async function insertStatement(boss: PgBoss, queue: string): Promise<InsertStatement> {
  let written = "";
  const executeSql = async (text: string) => {
    written = text;
    return { rows: [] };
  };
  await boss.insert(queue, [{}], { db: { executeSql } });
  const [before, after, ...more] = written.split(parameter);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`Cannot read how pg-boss inserts into ${queue}`);
  }
  return (payloads) => sql`${sql.raw(before)}(
    select coalesce(json_agg(json_build_object('data', payload)), '[]') from (${payloads}) as made(payload)
  )${sql.raw(after)}`;
}
