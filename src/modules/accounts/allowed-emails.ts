import { inArray } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import type { Db } from "#/kernel/db";
import { patternKey } from "./identity-keys";
import { allowedEmails } from "./tables";

/**
 * Whether an address (its key) stands on the list of those who may register: WHITELISTED_EMAILS and the one the team
 * keeps, by whole address or by `@domain`. An empty list refuses everybody.
 */
export async function isAllowedEmail(
  db: Db,
  config: Pick<Config, "WHITELISTED_EMAILS">,
  key: string,
): Promise<boolean> {
  const wanted = [key, key.slice(key.lastIndexOf("@"))];
  if (config.WHITELISTED_EMAILS.some((entry) => wanted.includes(patternKey(entry) ?? ""))) return true;
  const rows = await db
    .select({ pattern: allowedEmails.pattern })
    .from(allowedEmails)
    .where(inArray(allowedEmails.pattern, wanted))
    .limit(1);
  return rows.length > 0;
}
