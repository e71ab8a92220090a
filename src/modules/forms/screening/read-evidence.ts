import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";
import type { Submission } from "../queries";
import type { Reason } from "../tables";
import type { Signal } from "./signal";
import type { SpamRule } from "./spam-rule";

/** What the database knows of the messages that are judged together. */
export type Evidence = {
  /** The team's rules, in their order. */
  rules: readonly SpamRule[];
  /** Messages of an address to which the team has replied before. */
  known: ReadonlySet<string>;
  /** By message: from how many other clients the same content came within a day. */
  repeated: ReadonlyMap<string, number>;
};

/** Earlier messages of the same content that are looked at: ten clients say as much as a thousand. */
const MOST_LOOKED_AT = 100;

/**
 * One statement for the whole batch. Content is found by an index that a message enters when it is judged, so the intake
 * pays nothing for it; what stands in the same batch is counted here.
 */
export async function readEvidence(tx: Db, messages: readonly Submission[]): Promise<Evidence> {
  const asked = messages.map(({ id, contentHash, client, emailNormalised }) => ({
    id,
    hash: Buffer.from(contentHash).toString("hex"),
    client,
    email: emailNormalised,
  }));
  const rows = await tx.execute(sql`
    with asked as (
      select * from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
        as row(id uuid, hash text, client text, email text)
    )
    select
      (select coalesce(jsonb_agg(definition order by position), '[]') from gatehouse.spam_rules) as rules,
      (select coalesce(jsonb_agg(asked.id), '[]') from asked where exists (
        select 1 from gatehouse.submissions replied
        where replied.email_normalised = asked.email and replied.handling = 'replied' and replied.id <> asked.id
      )) as known,
      (select coalesce(jsonb_object_agg(asked.id, same.clients), '{}') from asked cross join lateral (
        select jsonb_agg(distinct client) as clients from (
          select client from gatehouse.submissions
          where content_hash = decode(asked.hash, 'hex') and judged_at > now() - interval '24 hours'
          order by judged_at desc limit ${MOST_LOOKED_AT}
        ) as earlier where client is not null
      ) as same where same.clients is not null) as repeated`);
  const [found] = rowsOf<{ rules: SpamRule[]; known: string[]; repeated: Record<string, string[]> }>(rows);
  const others = countOthers(asked, found?.repeated ?? {});
  return { rules: found?.rules ?? [], known: new Set(found?.known), repeated: others };
}

/** Other clients of each message: those that were judged before, and those before it in the batch. */
function countOthers(
  asked: readonly { id: string; hash: string; client: string | null }[],
  judged: Readonly<Record<string, readonly string[]>>,
): Map<string, number> {
  const clients = new Map<string, Set<string>>();
  const counts = new Map<string, number>();
  for (const { id, hash, client } of asked) {
    const seen = clients.get(hash) ?? new Set(judged[id]);
    clients.set(hash, seen);
    const others = seen.size - Number(client !== null && seen.has(client));
    if (client === null) continue;
    if (others > 0) counts.set(id, others);
    seen.add(client);
  }
  return counts;
}

/** What the messages before this one say of it. */
export function evidenceSignal({ known, repeated }: Evidence, id: string): Signal {
  const reasons: Reason[] = [];
  const others = repeated.get(id) ?? 0;
  if (others > 0) {
    const text = "The same content came from other addresses within a day";
    reasons.push({ code: `repeated_content:${others}`, points: Math.min(10 + 10 * others, 60), text });
  }
  if (known.has(id)) {
    const text = "The team has replied to this address before";
    reasons.push({ code: "known_sender", points: -40, text });
  }
  return { reasons };
}
