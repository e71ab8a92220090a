import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Submission } from "../queries";
import { compiledForms } from "./compiled-forms";
import type { Forms } from "./forms-registry";

/** A form whose senders invent names must not grow an export of a thousand columns. */
const MAX_COLUMNS = 500;

/** Notes the fields that the form did not have from the start, so that the export knows its columns without a scan. */
export async function noteColumns(forms: Forms, tx: Db, { id, form, fields }: Submission): Promise<void> {
  const declared = await firstFields(forms, tx, form);
  const names = Object.keys(fields).filter((name) => !declared.includes(name));
  if (names.length === 0) return;
  await tx.execute(sql`
    insert into gatehouse.form_columns (form, name, first_seen_in)
    select ${form}, name, ${id}::uuid from jsonb_array_elements_text(${JSON.stringify(names)}::jsonb) as name
    where (select count(*) from gatehouse.form_columns where form = ${form}) < ${MAX_COLUMNS}
    order by name on conflict do nothing`);
}

/**
 * The fields of the form's first version in their order, then all others by first appearance, then those not judged
 * yet: a change of the form moves no column and leaves none out.
 */
export async function listColumns(forms: Forms, db: Db, form: string): Promise<string[]> {
  const declared = await firstFields(forms, db, form);
  const noted = await db.execute(sql`
    select name from gatehouse.form_columns where form = ${form} order by first_seen_in, name`);
  const unjudged = await db.execute(sql`
    select distinct jsonb_object_keys(fields) as name from gatehouse.submissions
    where form = ${form} and state = 'received' order by name`);
  const names = [noted, unjudged].flatMap((rows) => rowsOf<{ name: string }>(rows)).map(({ name }) => name);
  return [...new Set([...declared, ...names])];
}

async function firstFields(forms: Forms, db: Db, form: string): Promise<string[]> {
  const first = await forms.at(db, form, compiledForms.has(form) ? 0 : 1);
  return first?.fields.map(({ name }) => name) ?? [];
}
