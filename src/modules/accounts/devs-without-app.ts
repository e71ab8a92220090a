import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";

/** Accounts of the role dev that have no authenticator app; undefined where the tables are not there yet. */
export async function countDevsWithoutApp(db: Db): Promise<number | undefined> {
  const there = rowsOf<{ there: boolean }>(
    await db.execute(sql`select to_regclass('gatehouse.totp_factors') is not null as there`),
  );
  if (!there[0]?.there) return;
  const rows = await db.execute(sql`
    select count(*)::int as count from gatehouse.users u
    where u.role = 'dev' and u.disabled_at is null and not exists (
      select 1 from gatehouse.totp_factors f where f.user_id = u.id and f.confirmed_at is not null)`);
  return rowsOf<{ count: number }>(rows)[0]?.count;
}
