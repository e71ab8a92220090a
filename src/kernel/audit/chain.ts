import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../db";
import { canonicalJson } from "./canonical-json";
import { auditChain, auditEvents, type Json } from "./tables";

/** A place in the chain, counted from 1, and the SHA-256 that stands there. */
export type Link = { seq: number; hash: Uint8Array };

/** From the last event that was removed to the last that was sealed. */
export type Chain = { anchor: Link; head: Link; verifiedAt: Date | null };

const origin: Link = { seq: 0, hash: new Uint8Array(32) };

/** Where the chain stands; before the first seal both ends are the origin: 0, and 32 zero bytes. */
export async function readChain(db: Db): Promise<Chain> {
  const [row] = await db.select().from(auditChain);
  if (!row) return { anchor: origin, head: origin, verifiedAt: null };
  return {
    anchor: { seq: row.anchorSeq, hash: row.anchorHash },
    head: { seq: row.headSeq, hash: row.headHash },
    verifiedAt: row.verifiedAt,
  };
}

/** What of an event is sealed. The moment as text: a Date would lose its microseconds. */
export const sealedColumns = {
  id: auditEvents.id,
  at: sql<string>`to_char(${auditEvents.at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` as SQL<string>,
  event: auditEvents.event,
  actor: auditEvents.actorId,
  subjectType: auditEvents.subjectType,
  subjectId: auditEvents.subjectId,
  outcome: auditEvents.outcome,
  requestId: auditEvents.requestId,
  data: auditEvents.data,
  detailsDigest: auditEvents.detailsDigest,
};

export type SealedEvent = {
  id: number;
  at: string;
  event: string;
  actor: number | null;
  subjectType: string;
  subjectId: string;
  outcome: string;
  requestId: string | null;
  data: Json;
  detailsDigest: Uint8Array | null;
};

/**
 * SHA-256 of the previous hash and the canonical JSON of the event with its place. Changing any of it, or the order,
 * changes every hash that follows.
 */
export function linkAfter(previous: Link, event: SealedEvent): Link {
  const seq = previous.seq + 1;
  const text = canonicalJson({
    seq,
    id: event.id,
    at: event.at,
    event: event.event,
    actor: event.actor,
    subject: { type: event.subjectType, id: event.subjectId },
    outcome: event.outcome,
    request_id: event.requestId,
    data: event.data,
    details_digest: event.detailsDigest && Buffer.from(event.detailsDigest).toString("hex"),
  });
  return { seq, hash: createHash("sha256").update(previous.hash).update(text).digest() };
}
