import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { isConfirming } from "./confirming";

/** Rows of one statement: the embedded database serves nobody else meanwhile. */
const batch = 500;

/**
 * Once a day: drops sessions 30 days after their end, refresh tokens and links 7 days after they expired, and accounts
 * of the portal that nobody confirmed or used within UNVERIFIED_ACCOUNT_DAYS. Without mail nobody could confirm, so
 * then accounts stay.
 */
export const purgeAccounts = defineJob({
  name: "accounts.purge",
  payload: Type.Object({}),
  schedule: "41 3 * * *",
  leaseSeconds: 600,
  async run(kernel): Promise<void> {
    await repeat(() => dropSessions(kernel.db));
    await repeat(() => dropRefreshTokens(kernel.db));
    await repeat(() => dropLinks(kernel.db));
    if (isConfirming(kernel)) await repeat(() => dropUnconfirmed(kernel));
  },
});

/** Until a batch is not full. */
async function repeat(dropBatch: () => Promise<number>): Promise<void> {
  while ((await dropBatch()) === batch);
}

const countOf = (result: unknown) => rowsOf(result).length;

const dropSessions = async (db: Db) =>
  countOf(
    await db.execute(sql`
      delete from gatehouse.sessions where id in (
        select id from gatehouse.sessions
        where least(revoked_at, expires_at) < now() - interval '30 days' limit ${batch})
      returning 1`),
  );

const dropLinks = async (db: Db) =>
  countOf(
    await db.execute(sql`
      delete from gatehouse.one_time_tokens where hash in (
        select hash from gatehouse.one_time_tokens where expires_at < now() - interval '7 days' limit ${batch})
      returning 1`),
  );

/** Their successors may live on, and are no longer theirs: deleting a token would delete what follows it. */
const dropRefreshTokens = (db: Db) =>
  db.transaction(async (tx) => {
    const found = await tx.execute(sql`
      select id::text as id from gatehouse.refresh_tokens
      where expires_at < now() - interval '7 days' order by id limit ${batch} for update`);
    const ids = JSON.stringify(rowsOf<{ id: string }>(found).map(({ id }) => Number(id)));
    const those = sql`(select value::int8 from jsonb_array_elements_text(${ids}::text::jsonb))`;
    await tx.execute(sql`update gatehouse.refresh_tokens set parent_id = null where parent_id in ${those}`);
    await tx.execute(sql`delete from gatehouse.refresh_tokens where id in ${those}`);
    return countOf(found);
  });

const dropUnconfirmed = ({ config, db }: Pick<Kernel, "config" | "db">) =>
  db.transaction(async (tx) => {
    const dropped = await tx.execute(sql`
      delete from gatehouse.users where id in (
        select id from gatehouse.users
        where registered_via = 'portal' and verified_at is null and last_sign_in_at is null
          and disabled_at is null and created_at < now() - make_interval(days => ${config.UNVERIFIED_ACCOUNT_DAYS})
        order by id limit ${batch} for update)
        and verified_at is null
      returning id`);
    const ids = rowsOf<{ id: number }>(dropped);
    for (const { id } of ids)
      await audit(tx, {
        event: "account.deleted",
        actor: null,
        subject: { type: "user", id },
        data: { reason: "unconfirmed" },
      });
    return ids.length;
  });
