import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import { rowsOf } from "#/kernel/db/rows";
import { defineJob } from "#/kernel/jobs";
import { idAt } from "../received-at";

/** A message that nobody has judged after this long is one that nobody hears of, in milliseconds. */
const lateMs = 60_000;
/** It is counted so far, by the index of what is not judged. */
const most = 1_000;

/** Once a minute: tells the team of messages that wait for their judging. */
export const watchJudging = defineJob({
  name: "forms.watch_judging",
  payload: Type.Object({}),
  schedule: "* * * * *",
  async run({ alerts, db, now }): Promise<void> {
    const before = idAt(new Date(now().getTime() - lateMs));
    const rows = await db.execute(sql`
      select count(*)::int as count from (
        select 1 from gatehouse.submissions where state = 'received' and id < ${before}::uuid limit ${most}::int) as late`);
    const late = rowsOf<{ count: number }>(rows)[0]?.count ?? 0;
    if (late === 0) return;
    const number = late === most ? `${most} or more` : String(late);
    await alerts.raise({
      cause: "judge_late",
      title: "Messages wait to be judged",
      text: `${number} were stored more than a minute ago and are not judged. They are safe, but nobody is told of them.`,
    });
  },
});
