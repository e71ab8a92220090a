import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Submission } from "../queries";
import { findForm } from "./compiled-forms";

/** A form whose senders invent names must not grow an export of a thousand columns. */
const MAX_COLUMNS = 500;

/** Notes the fields that the form does not declare, so that the export knows its columns without a scan. */
export async function noteColumns(tx: Db, { id, form, fields }: Submission): Promise<void> {
  const declared = declaredNames(form);
  const names = Object.keys(fields).filter((name) => !declared.includes(name));
  if (names.length === 0) return;
  await tx.execute(sql`
    insert into gatehouse.form_columns (form, name, first_seen_in)
    select ${form}, name, ${id}::uuid from jsonb_array_elements_text(${JSON.stringify(names)}::jsonb) as name
    where (select count(*) from gatehouse.form_columns where form = ${form}) < ${MAX_COLUMNS}
    order by name on conflict do nothing`);
}

/** Declared fields in the form's order, then the others by first appearance, then those not judged yet. */
export async function listColumns(db: Db, form: string): Promise<string[]> {
  const noted = await db.execute(sql`
    select name from gatehouse.form_columns where form = ${form} order by first_seen_in, name`);
  const unjudged = await db.execute(sql`
    select distinct jsonb_object_keys(fields) as name from gatehouse.submissions
    where form = ${form} and state = 'received' order by name`);
  const names = [noted, unjudged].flatMap((rows) => rowsOf<{ name: string }>(rows)).map(({ name }) => name);
  return [...new Set([...declaredNames(form), ...names])];
}

const declaredNames = (form: string): string[] =>
  findForm(form)?.definition.fields.map(({ name }) => name) ?? [];
