import { and, asc, eq, gt, isNotNull, lte, sql } from "drizzle-orm";
import type { Db } from "../db";
import { rowsOf } from "../db/rows";
import { digestOf } from "./audit";
import { type Chain, type Link, linkAfter, readChain, sealedColumns } from "./chain";
import { auditChain, auditDetails, auditEvents } from "./tables";

/** Read at one time; between two such reads others have their turn. */
const batchRows = 500;

/** The first place that is not right. `details`: the personal part is another one than was sealed. */
export type Break = { seq: number; why: "missing" | "altered" | "details" | "foreign" };

/** `broken` is undefined where every event, from the anchor to the head, is the one that was sealed. */
export type ChainReport = { anchor: Link; head: Link; broken: Break | undefined };

/**
 * Recomputes the whole chain, and the digests of the details that are still there, and notes the time in `audit_chain`
 * when all is right. Events may be sealed and removed meanwhile. It cannot see that somebody rewrote the chain together
 * with its head: for that, hold the head against those in the log.
 */
export async function verifyChain(db: Db): Promise<ChainReport> {
  for (;;) {
    const chain = await readChain(db);
    const broken = await findBreak(db, chain);
    // What retention removed while it was read looks like a gap.
    if (broken && (await readChain(db)).anchor.seq !== chain.anchor.seq) continue;
    await db.update(auditChain).set({ verifiedAt: broken ? null : sql`now()` });
    return { anchor: chain.anchor, head: chain.head, broken };
  }
}

async function findBreak(db: Db, { anchor, head }: Chain): Promise<Break | undefined> {
  let last = anchor;
  for await (const event of sealedUpTo(db, head.seq)) {
    const { seq } = event;
    if (seq <= last.seq) return { seq, why: "foreign" };
    if (seq > last.seq + 1) return { seq: last.seq + 1, why: "missing" };
    const link = linkAfter(last, event);
    if (!isSame(event.hash, link.hash)) return { seq, why: "altered" };
    if (event.salt && event.details && !isSame(event.detailsDigest, digestOf(event.salt, event.details)))
      return { seq, why: "details" };
    last = link;
  }
  if (last.seq < head.seq) return { seq: last.seq + 1, why: "missing" };
  if (!isSame(last.hash, head.hash)) return { seq: last.seq, why: "altered" };
  const foreign = await firstBeyondHead(db);
  return foreign === undefined ? undefined : { seq: foreign, why: "foreign" };
}

/** From the lowest place on, whatever the anchor says: what was put in before it does not belong there. */
async function* sealedUpTo(db: Db, head: number) {
  let after: number | undefined;
  for (;;) {
    const events = await db
      .select({
        ...sealedColumns,
        seq: sql<number>`${auditEvents.seq}`.mapWith(Number),
        hash: auditEvents.hash,
        salt: auditDetails.salt,
        details: auditDetails.details,
      })
      .from(auditEvents)
      .leftJoin(auditDetails, eq(auditDetails.eventId, auditEvents.id))
      .where(
        and(
          isNotNull(auditEvents.seq),
          lte(auditEvents.seq, head),
          after === undefined ? undefined : gt(auditEvents.seq, after),
        ),
      )
      .orderBy(asc(auditEvents.seq))
      .limit(batchRows);
    yield* events;
    after = events.at(-1)?.seq;
    if (events.length < batchRows) return;
  }
}

/** In one statement, because the head moves with every seal. */
async function firstBeyondHead(db: Db): Promise<number | undefined> {
  const result = await db.execute(sql`
    select min(seq)::text as seq from ${auditEvents}
    where seq > coalesce((select head_seq from ${auditChain}), 0)`);
  const seq = rowsOf<{ seq: string | null }>(result)[0]?.seq;
  return seq ? Number(seq) : undefined;
}

const isSame = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;
