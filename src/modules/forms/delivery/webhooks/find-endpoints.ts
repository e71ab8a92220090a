import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { webhookEndpoints } from "../tables";
import type { WebhookEvent } from "./events";

export type WebhookEndpoint = typeof webhookEndpoints.$inferSelect;

/** Every message may go to each of them, so there are not more. */
export const MOST_ENDPOINTS = 50;

export async function findEndpoint(db: Db, id: string): Promise<WebhookEndpoint | undefined> {
  const [row] = await db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  return row;
}

/** Newest first, at most `limit`. `after` is the last id of the previous page. */
export function listEndpoints(
  db: Db,
  { limit, after }: { limit: number; after?: string },
): Promise<WebhookEndpoint[]> {
  const older = after === undefined ? undefined : lt(webhookEndpoints.id, after);
  return db.select().from(webhookEndpoints).where(older).orderBy(desc(webhookEndpoints.id)).limit(limit);
}

/**
 * Those that want to hear of an event, oldest first. One that the service itself has disabled is among them, because
 * what it misses is shown and can be sent later; one that the team has disabled is not.
 */
export async function findListeners(db: Db, event: WebhookEvent): Promise<WebhookEndpoint[]> {
  const listens = sql`${webhookEndpoints.events} @> ${JSON.stringify([event])}::jsonb`;
  const rows = await db
    .select()
    .from(webhookEndpoints)
    .where(and(listens, sql`${webhookEndpoints.disabledWhy} is distinct from 'by_hand'`))
    .orderBy(webhookEndpoints.id)
    .limit(MOST_ENDPOINTS);
  return rows;
}

export const isFor = ({ forms }: Pick<WebhookEndpoint, "forms">, form: string): boolean =>
  forms.length === 0 || forms.includes(form);

/** Something has arrived there. */
export async function clearFailing(db: Db, id: string): Promise<void> {
  await db
    .update(webhookEndpoints)
    .set({ failingSince: null })
    .where(and(eq(webhookEndpoints.id, id), sql`${webhookEndpoints.failingSince} is not null`));
}

/** Nothing has arrived there; gives since when that is so, undefined where it is disabled already. */
export async function noteFailing(db: Db, id: string, now: Date): Promise<Date | undefined> {
  const [row] = await db
    .update(webhookEndpoints)
    .set({ failingSince: sql`coalesce(${webhookEndpoints.failingSince}, ${now.toISOString()}::timestamptz)` })
    .where(and(eq(webhookEndpoints.id, id), isNull(webhookEndpoints.disabledAt)))
    .returning({ since: webhookEndpoints.failingSince });
  return row?.since ?? undefined;
}
