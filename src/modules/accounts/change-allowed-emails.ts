import { asc, eq, gt } from "drizzle-orm";
import { audit } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import { notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import type { Actor } from "./change-user";
import { patternKey } from "./identity-keys";
import { refuseField } from "./refuse-field";
import { allowedEmails } from "./tables";

/** In order of the patterns, at most `limit`; `after` is the last pattern of the page before. */
export const listAllowedEmails = (db: Db, { limit, after }: { limit: number; after?: string }) =>
  db
    .select()
    .from(allowedEmails)
    .where(after === undefined ? undefined : gt(allowedEmails.pattern, after))
    .orderBy(asc(allowedEmails.pattern))
    .limit(limit);

/** Adds an address or `@domain`, or changes the note of one that is there. Refuses others with 422. */
export function allowEmail(
  { db }: Pick<Kernel, "db">,
  actor: Actor,
  { pattern: typed, note = "" }: { pattern: string; note?: string },
): Promise<string> {
  const pattern =
    patternKey(typed) ?? refuseField("pattern", "invalid_email", "This is neither an address nor @domain");
  return db.transaction(async (tx) => {
    await tx
      .insert(allowedEmails)
      .values({ pattern, note, addedBy: actor.id })
      .onConflictDoUpdate({ target: allowedEmails.pattern, set: { note } });
    await record(tx, actor, "added", pattern);
    return pattern;
  });
}

/** Takes an entry off the list; accounts that exist stay. Refuses with 404 what is not on it. */
export function disallowEmail({ db }: Pick<Kernel, "db">, actor: Actor, typed: string): Promise<void> {
  return db.transaction(async (tx) => {
    const pattern = patternKey(typed) ?? typed;
    const rows = await tx.delete(allowedEmails).where(eq(allowedEmails.pattern, pattern)).returning();
    if (rows.length === 0) throw notFound("entry");
    await record(tx, actor, "removed", pattern);
  });
}

const record = (tx: Db, { id: actor, origin }: Actor, change: "added" | "removed", pattern: string) =>
  audit(tx, {
    event: "admin.allowlist_changed",
    actor,
    subject: { type: "allowed_email", id: change },
    data: { change },
    details: { pattern },
    ...(origin && { origin }),
  });
