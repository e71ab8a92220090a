import { asc, gt, inArray, lte, sql } from "drizzle-orm";
import type { Db } from "../db";
import { readChain } from "./chain";
import { auditChain, auditDetails, auditEvents } from "./tables";

/** In one transaction; on the embedded database everybody else waits for its end. */
const batchRows = 500;

export type Retention = { AUDIT_DETAILS_DAYS: number; AUDIT_MONTHS: number };

/**
 * Deletes the personal part of events older than `AUDIT_DETAILS_DAYS`, and events older than `AUDIT_MONTHS` from the
 * beginning of the chain on; gives how many of each. The chain then begins after the last that was deleted, whose hash
 * is kept, so that the rest can still be verified.
 */
export async function purgeAudit(
  db: Db,
  { AUDIT_DETAILS_DAYS: days, AUDIT_MONTHS: months }: Retention,
): Promise<{ details: number; events: number }> {
  return {
    details: await inBatches(() => purgeDetails(db, days)),
    events: await inBatches(() => db.transaction((tx) => purgeEvents(tx, months))),
  };
}

async function inBatches(purge: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const rows = await purge();
    total += rows;
    if (rows < batchRows) return total;
  }
}

async function purgeDetails(db: Db, days: number): Promise<number> {
  const old = db
    .select({ eventId: auditDetails.eventId })
    .from(auditDetails)
    .where(sql`${auditDetails.at} < now() - make_interval(days => ${days})`)
    .orderBy(asc(auditDetails.at))
    .limit(batchRows);
  const deleted = await db
    .delete(auditDetails)
    .where(inArray(auditDetails.eventId, old))
    .returning({ eventId: auditDetails.eventId });
  return deleted.length;
}

/** The oldest of the chain up to the first young one. */
async function purgeEvents(tx: Db, months: number): Promise<number> {
  await tx.select().from(auditChain).for("update");
  const { anchor, head } = await readChain(tx);
  const keptFrom = sql`now() - make_interval(months => ${months}::int)`;
  const oldest = await tx
    .select({
      id: auditEvents.id,
      seq: auditEvents.seq,
      hash: auditEvents.hash,
      old: sql<boolean>`${auditEvents.at} < ${keptFrom}`,
    })
    .from(auditEvents)
    .where(gt(auditEvents.seq, anchor.seq))
    .orderBy(asc(auditEvents.seq))
    .limit(batchRows);
  const firstYoung = oldest.findIndex(({ old }) => !old);
  const purged = firstYoung < 0 ? oldest : oldest.slice(0, firstYoung);
  const last = purged.at(-1);
  if (!last?.seq || !last.hash || last.seq > head.seq) return 0;

  // The triggers let go what is older than this, in this transaction alone.
  await tx.execute(sql`select set_config('gatehouse.audit_kept_from', (${keptFrom})::text, true)`);
  const ids = purged.map(({ id }) => id);
  await tx.delete(auditDetails).where(inArray(auditDetails.eventId, ids));
  await tx.delete(auditEvents).where(lte(auditEvents.seq, last.seq));
  await tx.update(auditChain).set({ anchorSeq: last.seq, anchorHash: last.hash });
  return purged.length;
}
