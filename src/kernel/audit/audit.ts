import { createHash, randomBytes } from "node:crypto";
import type { Db } from "../db";
import { canonicalJson } from "./canonical-json";
import { auditDetails, auditEvents, type Json } from "./tables";

/** What happened, as one event. `event` is `module.verb`, in the past: `account.role_changed`. */
export type AuditEvent = {
  event: string;
  /** The id of the user who did it; null where nobody was signed in, or the machine did it. */
  actor: number | null;
  subject: { type: string; id: string | number };
  /** Default: ok. */
  outcome?: "ok" | "refused";
  /** Kept as long as the event: ids, and before and after of members that are not personal (role, flags). */
  data?: { readonly [name: string]: Json };
  /** Personal, and erased before the event is: addresses and names before and after. */
  details?: { readonly [name: string]: Json };
  /** Where the request came from (`originOf`); absent for commands and jobs. */
  origin?: Origin;
};

/** The part of a request that an event keeps: its id for ever, address and browser for a while. */
export type Origin = { requestId: string; ip: string; agent: string | null };

/**
 * Writes an event into the transaction of the change, so that neither exists without the other. Never give it a
 * password, a code, a token, a hash or a body.
 */
export async function audit(tx: Db, { event, actor, subject, ...more }: AuditEvent): Promise<void> {
  const { outcome = "ok", data = {}, details = {}, origin } = more;
  const personal = { ...details, ...(origin && { ip: origin.ip, agent: origin.agent }) };
  const salt = randomBytes(16);
  const [row] = await tx
    .insert(auditEvents)
    .values({
      event,
      actorId: actor,
      subjectType: subject.type,
      subjectId: String(subject.id),
      outcome,
      requestId: origin?.requestId ?? null,
      data,
      detailsDigest: digestOf(salt, personal),
    })
    .returning({ id: auditEvents.id });
  if (Object.keys(personal).length > 0 && row)
    await tx.insert(auditDetails).values({ eventId: row.id, salt, details: personal });
}

/** SHA-256 of the salt and the canonical JSON of the details. */
export const digestOf = (salt: Uint8Array, details: Json): Buffer =>
  createHash("sha256").update(salt).update(canonicalJson(details)).digest();
