import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import { defineJob } from "#/kernel/jobs";

/**
 * Drops what was counted of page tokens and challenges that have expired. A day later than that: a message that came in
 * time may have waited for its judge.
 */
export const purgeTokens = defineJob({
  name: "forms.purge_tokens",
  payload: Type.Object({}),
  schedule: "27 * * * *",
  async run({ db }): Promise<void> {
    await db.execute(sql`delete from gatehouse.spent_tokens where expires_at < now() - interval '1 day'`);
  },
});
