import { sql } from "drizzle-orm";
import type { Db } from "../db";
import type { Alert } from "./contract";
import { alerts } from "./tables";

/** What is sent of one cause, at most so often, in milliseconds. */
export const everyMs = 3_600_000;

/**
 * Counts an alert. Gives when the team is to be told, for the first one since they were told last; undefined for the
 * others, which that telling counts. After two hours without a telling its job is thought lost, and planned again.
 */
export async function countAlert(tx: Db, { cause, title, text, notBy }: Alert): Promise<Date | undefined> {
  const words = { title, text, notBy: notBy ?? null, lastAt: sql`now()` };
  const begins = sql`${alerts.count} = 0 or ${alerts.firstAt} < now() - interval '2 hours'`;
  const [row] = await tx
    .insert(alerts)
    .values({ cause, ...words })
    .onConflictDoUpdate({
      target: alerts.cause,
      set: {
        ...words,
        count: sql`${alerts.count} + 1`,
        firstAt: sql`case when ${begins} then now() else ${alerts.firstAt} end`,
      },
    })
    .returning({ isFirst: sql<boolean>`${alerts.firstAt} = now()`, sentAt: alerts.sentAt });
  return row?.isFirst ? new Date((row.sentAt?.getTime() ?? 0) + everyMs) : undefined;
}
