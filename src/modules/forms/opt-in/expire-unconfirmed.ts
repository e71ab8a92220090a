import { Type } from "@sinclair/typebox";
import { and, eq, inArray, sql } from "drizzle-orm";
import { rowsOf } from "#/kernel/db/rows";
import { defineJob } from "#/kernel/jobs";
import type { Kernel } from "#/kernel/kernel";
import { cancelOpen } from "../delivery/release-deliveries";
import { idAt } from "../received-at";
import { submissions } from "../tables";
import { followMessages } from "../waitlist/follow-messages";
import { linkDays } from "./links";

/** Messages a transaction; the embedded database serves nobody else meanwhile. */
const batch = 200;

/** Lets go of messages that nobody confirmed within seven days. Purging removes them later. */
export const expireUnconfirmed = defineJob({
  name: "forms.expire_unconfirmed",
  payload: Type.Object({}),
  schedule: "37 * * * *",
  leaseSeconds: 600,
  async run(kernel): Promise<void> {
    for (let after: string | undefined; ; ) {
      const ids = await findOverdue(kernel, after);
      if (ids.length === 0) return;
      await expire(kernel, ids);
      after = ids.at(-1);
    }
  },
});

/**
 * The oldest that wait, in order of arrival, form by form along the index of forms and states: it has none of states
 * alone, which the intake would pay for. A message whose link was sent anew waits for that one.
 */
async function findOverdue({ db, now }: Kernel, after = idAt(undefined)): Promise<string[]> {
  const since = new Date(now().getTime() - linkDays * 86_400_000);
  const rows = await db.execute(sql`
    with recursive forms(form) as (
      (select form from gatehouse.submissions order by form limit 1)
      union all
      select (select form from gatehouse.submissions as other where other.form > forms.form order by form limit 1)
      from forms where forms.form is not null
    )
    select message.id from forms, lateral (
      select id from gatehouse.submissions as one
      where one.form = forms.form and one.state = 'pending' and one.id > ${after}::uuid
        and one.id < ${idAt(since)}::uuid and one.judged_at < ${since.toISOString()}::timestamptz
        and not exists (
          select 1 from gatehouse.opt_ins as link
          where link.submission_id = one.id and link.expires_at > ${now().toISOString()}::timestamptz)
      order by one.id limit ${batch}::int
    ) as message order by message.id limit ${batch}::int`);
  return rowsOf<{ id: string }>(rows).map(({ id }) => id);
}

function expire(kernel: Kernel, ids: readonly string[]): Promise<void> {
  return kernel.db.transaction(async (tx) => {
    const overdue = await tx
      .select()
      .from(submissions)
      .where(and(inArray(submissions.id, [...ids]), eq(submissions.state, "pending")))
      .orderBy(submissions.id)
      .for("update");
    const expired = overdue.map((one) => ({ ...one, state: "expired" as const }));
    if (expired.length === 0) return;
    const found = expired.map(({ id }) => id);
    await tx
      .update(submissions)
      .set({ state: "expired", updatedAt: kernel.now() })
      .where(inArray(submissions.id, found));
    await cancelOpen(tx, found);
    await followMessages(kernel, tx, expired);
  });
}
