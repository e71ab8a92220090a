import { Type } from "@sinclair/typebox";
import { eq, sql } from "drizzle-orm";
import type { CallResult } from "../call-result";
import type { Db } from "../db";
import { defineJob } from "../jobs";
import type { Kernel } from "../kernel";
import { everyMs } from "./count-alert";
import { alerts } from "./tables";

type Row = typeof alerts.$inferSelect;

/** How long until it is tried again where nobody took it, in milliseconds. */
const againMs = 300_000;

/**
 * Tells the team of a cause, by chat and by mail, but not by the way that is broken. What is raised from now on is
 * counted and told in an hour. Tried again while no way takes it; one is enough.
 */
export const sendAlert = defineJob({
  name: "alerts.send",
  payload: Type.Object({ cause: Type.String({ maxLength: 200 }) }),
  priority: 20,
  async run(kernel, { cause }): Promise<void> {
    const [row] = await kernel.db.select().from(alerts).where(eq(alerts.cause, cause));
    if (!row || row.count === 0) return;

    const results = await tell(kernel, row);
    const isTold = results.some(({ kind }) => kind === "ok");
    if (results.length > 0 && !isTold) kernel.log("error", "alert.not_sent", { code: cause });
    const again = !isTold && results.some(({ kind }) => kind !== "refused");
    await kernel.db.transaction((tx) =>
      again ? planNext(kernel, tx, cause, againMs) : setTold(kernel, tx, row),
    );
  },
});

async function setTold(kernel: Kernel, tx: Db, { cause, count }: Row): Promise<void> {
  const [left] = await tx
    .update(alerts)
    .set({ count: sql`${alerts.count} - ${count}`, sentAt: sql`now()` })
    .where(eq(alerts.cause, cause))
    .returning({ count: alerts.count });
  // Raised meanwhile: they were not the first, so nobody else planned it.
  if (left && left.count > 0) await planNext(kernel, tx, cause, everyMs);
}

const planNext = ({ jobs }: Kernel, tx: Db, cause: string, ms: number): Promise<void> =>
  jobs.enqueue(tx, sendAlert, [{ cause }], { startAfter: new Date(Date.now() + ms) });

function tell({ chat, config, mail, now }: Kernel, alert: Row): Promise<CallResult<unknown>[]> {
  const { cause, notBy, title } = alert;
  const text = textOf(alert);
  const to = config.ALERT_EMAIL.length > 0 ? config.ALERT_EMAIL : config.NOTIFY_EMAIL;
  const ways: Promise<CallResult<unknown>>[] = [];
  if (chat.available && notBy !== "chat") ways.push(chat.post({ title, text }));
  if (mail.available && notBy !== "mail" && to.length > 0) {
    const key = `alert ${cause} ${alert.sentAt?.toISOString() ?? now().toISOString()}`;
    ways.push(mail.send({ to, subject: title, text, language: "en" }, key));
  }
  return Promise.all(ways);
}

function textOf({ count, sentAt, text }: Row): string {
  const times = (number: number) => (number === 1 ? "once more" : `${number} more times`);
  if (sentAt) return `${text}\n\nSince this was told last, it happened ${times(count)}.`;
  return count > 1 ? `${text}\n\nAnd ${times(count - 1)}.` : text;
}
