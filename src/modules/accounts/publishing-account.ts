import { sql } from "drizzle-orm";
import { t } from "elysia";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import { notFound } from "#/kernel/errors";

const time = "1986-06-05 00:00:00.000000";
const Moment = t.String({ examples: [time], description: "UTC, `YYYY-MM-DD HH:MM:SS.ffffff`" });
const Changed = t.Nullable(Moment);
const Id = t.Integer({ examples: [1] });

/** An account as the publishing surface shows it: these members, in this order, and nothing else. All ids are one. */
export const PublishingAccount = t.Object({
  id: Id,
  created_at: Moment,
  updated_at: Changed,
  verified: t.Boolean(),
  email: t.String({ examples: ["talel@talel.talel"] }),
  user: t.Object({
    id: Id,
    account_id: Id,
    created_at: Moment,
    updated_at: Changed,
    username: t.String({ examples: ["taleldayekh"] }),
    location: t.String({ examples: [""] }),
    avatar_url: t.String({ examples: ["default.jpg"] }),
  }),
});
export type PublishingAccount = typeof PublishingAccount.static;

type Row = Omit<PublishingAccount, "user"> &
  Omit<PublishingAccount["user"], "id" | "account_id" | "created_at" | "updated_at"> & {
    profile_updated_at: string | null;
  };

/** Written by the database: a JavaScript `Date` keeps milliseconds only. Throws 404 where there is no such account. */
export async function getPublishingAccount(db: Db, id: number): Promise<PublishingAccount> {
  const rows = await db.execute(sql`
    select id, ${written(sql`created_at`)} as created_at, ${written(sql`updated_at`)} as updated_at,
      ${written(sql`profile_updated_at`)} as profile_updated_at, verified_at is not null as verified,
      coalesce(email, '') as email, username, location, avatar_url
    from gatehouse.users where id = ${id}`);
  const [row] = rowsOf<Row>(rows);
  if (!row) throw notFound("account");
  const { created_at, updated_at, profile_updated_at, verified, email, username, location, avatar_url } = row;
  return {
    id,
    created_at,
    updated_at,
    verified,
    email,
    user: { id, account_id: id, created_at, updated_at: profile_updated_at, username, location, avatar_url },
  };
}

const written = (column: ReturnType<typeof sql>) =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`;
