import { Type } from "@sinclair/typebox";
import { sql } from "drizzle-orm";
import { defineJob } from "#/kernel/jobs";

/** Drops retry keys that have expired: they are kept for a day and mean nothing afterwards. */
export const purgeKeys = defineJob({
  name: "forms.purge_keys",
  payload: Type.Object({}),
  schedule: "17 * * * *",
  async run({ db }): Promise<void> {
    await db.execute(sql`delete from gatehouse.submission_keys where expires_at < now()`);
  },
});
