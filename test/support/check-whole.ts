import { PGlite } from "@electric-sql/pglite";
import { amcheck } from "@electric-sql/pglite/contrib/amcheck";
import type { Database } from "#/kernel/db";

const tables = `
  select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
  where schemaname in ('gatehouse', 'gatehouse_jobs') order by 1`;

/**
 * Reads every row of our tables in the embedded database and counts them again through an index. Gives one sentence for
 * each table that is not sound.
 */
export async function checkWhole({ executeSql }: Database): Promise<string[]> {
  const broken: string[] = [];
  for (const { name } of (await executeSql(tables)).rows) {
    try {
      const [read, counted] = (
        await executeSql(`
          select count(*)::int as rows, sum(length(t::text)) as characters from ${name} t;
          set enable_seqscan = off;
          select count(*)::int as rows from ${name};
          reset enable_seqscan`)
      ).rows;
      if (read?.rows !== counted?.rows)
        broken.push(`${name}: ${read?.rows} rows, ${counted?.rows} by an index`);
    } catch (error) {
      broken.push(`${name}: ${(error as Error).message}`);
    }
  }
  return broken;
}

/**
 * PostgreSQL's own `amcheck` on the files of an embedded database that nobody has open: every table with its values kept
 * out of line, every index, and every row in each of them. Gives what it finds; also how many relations it looked at.
 */
export async function checkFiles(root: string): Promise<{ checked: number; broken: string[] }> {
  await using engine = await PGlite.create(root, { extensions: { amcheck } });
  await engine.exec("create extension if not exists amcheck");
  const { rows } = await engine.query<{ name: string; kind: string; id: number }>(`
    select oid::regclass::text as name, relkind as kind, oid::int as id from pg_class
    where relkind in ('r', 't') or (relkind = 'i' and relam = (select oid from pg_am where amname = 'btree'))`);
  const broken: string[] = [];
  for (const { name, kind, id } of rows) {
    const check =
      kind === "i"
        ? `select bt_index_check(${id}, heapallindexed => true)`
        : `select blkno, msg from verify_heapam(${id}, check_toast => true)`;
    try {
      const found = await engine.query<{ msg?: string }>(check);
      if (kind !== "i") broken.push(...found.rows.map(({ msg }) => `${name}: ${msg}`));
    } catch (error) {
      broken.push(`${name}: ${(error as Error).message}`);
    }
  }
  return { checked: rows.length, broken };
}
