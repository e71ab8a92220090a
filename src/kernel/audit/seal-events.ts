import { and, asc, isNull, sql } from "drizzle-orm";
import type { Db } from "../db";
import { rowsOf } from "../db/rows";
import { linkAfter, readChain, sealedColumns } from "./chain";
import { auditChain, auditEvents } from "./tables";

/** Any number that no other program locks on the same server; the migrations lock another one. */
const lockKey = 4_738_291_651;
/** In one transaction; on the embedded database everybody else waits for its end. */
const batchRows = 250;
/** At one time, so that a backlog does not take the database for itself. */
const mostBatches = 40;

/**
 * Gives events their place in the chain, in the order in which their transactions began, and gives how many. Nothing
 * can appear behind the seal: only transactions older than every one still open are taken. So one that is left open,
 * in any database of the server, holds the seal back (`auditState` shows it). Where another process seals, it does
 * nothing.
 */
export async function sealEvents(db: Db): Promise<number> {
  let sealed = 0;
  for (let batch = 0; batch < mostBatches; batch++) {
    const rows = await db.transaction(sealBatch);
    sealed += rows;
    if (rows < batchRows) break;
  }
  return sealed;
}

async function sealBatch(tx: Db): Promise<number> {
  const locked = await tx.execute(sql`select pg_try_advisory_xact_lock(${lockKey}::bigint) as locked`);
  if (!rowsOf<{ locked: boolean }>(locked)[0]?.locked) return 0;
  const events = await listSettled(tx);
  if (events.length === 0) return 0;

  const { anchor, head } = await readChain(tx);
  let last = head;
  const links = events.map((event) => {
    last = linkAfter(last, event);
    return { id: event.id, seq: last.seq, hash: toHex(last.hash) };
  });
  await tx.execute(sql`
    update ${auditEvents} as event set seq = link.seq, hash = decode(link.hash, 'hex')
    from jsonb_to_recordset(${JSON.stringify(links)}::text::jsonb) as link (id bigint, seq bigint, hash text)
    where event.id = link.id`);
  const moved = { headSeq: last.seq, headHash: last.hash };
  await tx
    .insert(auditChain)
    .values({ ...moved, anchorSeq: anchor.seq, anchorHash: anchor.hash })
    .onConflictDoUpdate({ target: auditChain.singleton, set: moved });
  return events.length;
}

/** Unsealed events of transactions that have ended, and before every one that has not; at most a batch. */
const listSettled = (tx: Db) =>
  tx
    .select(sealedColumns)
    .from(auditEvents)
    .where(and(isNull(auditEvents.seq), sql`${auditEvents.tx} < pg_snapshot_xmin(pg_current_snapshot())`))
    .orderBy(asc(auditEvents.tx), asc(auditEvents.id))
    .limit(batchRows);

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
