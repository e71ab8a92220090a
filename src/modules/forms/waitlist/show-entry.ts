import { eq } from "drizzle-orm";
import { t } from "elysia";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { linkAddress } from "../opt-in/links";
import { submissions } from "../tables";
import { countAhead } from "./rank-entries";
import { hashOfStatus } from "./status-token";
import { waitlistEntries } from "./tables";

type Entry = typeof waitlistEntries.$inferSelect;

/** Somebody's place on the waitlist, as they are told of it. */
export const ShownEntry = t.Object({
  position: t.Integer({
    minimum: 0,
    description: "1 is next; 0 once they are invited",
    examples: [12],
  }),
  priority: t.Integer({ minimum: 0, description: "How many are ahead", examples: [11] }),
  amount_referred: t.Integer({ minimum: 0, description: "Friends who came and confirmed", examples: [2] }),
  referral_token: t.String({ examples: ["qE3o2nYx7cJkQ0m5Zt8w1A"] }),
  referral_link: t.String({ examples: ["https://www.example.com/waitlist?friend=qE3o2nYx7cJkQ0m5Zt8w1A"] }),
  verified: t.Boolean({ description: "Whether the address is confirmed" }),
  created_at: t.String({ format: "date-time", examples: ["2026-11-21T09:30:00.000Z"] }),
  total: t.Integer({ minimum: 0, description: "How many are on the list", examples: [240] }),
});

/** Counted as the entry stands now; one that is not confirmed is told the place it would have. */
export async function showEntry(
  kernel: Pick<Kernel, "config" | "db" | "now">,
  entry: Entry,
): Promise<typeof ShownEntry.static> {
  const { state, seq, credited, referralToken, confirmedAt, createdAt } = entry;
  const { WAITLIST_SPOTS_PER_REFERRAL: spots } = kernel.config;
  const isIn = state === "invited" || state === "joined";
  const place = { rank: state === "confirmed" ? entry.rankKey : seq! - spots * credited, seq: seq! };
  const ahead = isIn ? 0 : await countAhead(kernel, place);
  const confirmed = await countAhead(kernel);
  return {
    position: isIn ? 0 : ahead + 1,
    priority: ahead,
    amount_referred: credited,
    referral_token: referralToken,
    referral_link: referralLink(kernel.config, referralToken),
    verified: confirmedAt !== null,
    created_at: createdAt.toISOString(),
    total: state === "confirmed" || isIn ? confirmed : confirmed + 1,
  };
}

/** The page of the site that WAITLIST_PAGE names, else the form on a page of ours. */
const referralLink = (config: Pick<Config, "PUBLIC_URL" | "PORT" | "WAITLIST_PAGE">, token: string): string =>
  config.WAITLIST_PAGE?.replace("{token}", token) ?? linkAddress(config, `friends/${token}`);

/** The entry of whoever sent this message; undefined where there is none any more. */
export async function findEntryOf(db: Db, submissionId: string): Promise<Entry | undefined> {
  const [row] = await db
    .select({ entry: waitlistEntries })
    .from(waitlistEntries)
    .innerJoin(submissions, eq(submissions.emailNormalised, waitlistEntries.emailNormalised))
    .where(eq(submissions.id, submissionId));
  return row?.entry;
}

/** The entry that a status token opens. */
export async function findEntryByStatus(db: Db, token: string): Promise<Entry | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return;
  const [row] = await db
    .select()
    .from(waitlistEntries)
    .where(eq(waitlistEntries.statusTokenHash, hashOfStatus(token)));
  return row;
}
