import { sql } from "drizzle-orm";
import type { Db } from "../db";
import { rowsOf } from "../db/rows";
import type { Metrics } from "../metrics";
import { readChain } from "./chain";
import { auditEvents } from "./tables";

const mostCounted = 10_000;

/** `head` is in hexadecimal. `unsealed` counts up to 10,000: more than a few for long means that something is held. */
export type AuditState = {
  sealedSeq: number;
  head: string;
  unsealed: number;
  /** When the whole chain was last found right; null when never, or when it was last found broken. */
  chainOkAt: Date | null;
};

export async function auditState(db: Db): Promise<AuditState> {
  const { head, verifiedAt } = await readChain(db);
  const result = await db.execute(sql`
    select count(*)::int as unsealed
    from (select from ${auditEvents} where seq is null limit ${mostCounted}::int) as waiting`);
  const unsealed = rowsOf<{ unsealed: number }>(result)[0]?.unsealed ?? 0;
  return {
    sealedSeq: head.seq,
    head: Buffer.from(head.hash).toString("hex"),
    unsealed,
    chainOkAt: verifiedAt,
  };
}

/** How far the seal is, read when somebody looks. */
export function measureAudit(metrics: Metrics, db: Db): void {
  metrics.read("audit", async () => {
    const { sealedSeq, unsealed, chainOkAt } = await auditState(db);
    const one = (value: number) => [{ labels: {}, value }];
    return {
      audit_sealed_seq: one(sealedSeq),
      audit_unsealed_rows: one(unsealed),
      audit_chain_ok_time_seconds: chainOkAt ? one(chainOkAt.getTime() / 1000) : [],
    };
  });
}
