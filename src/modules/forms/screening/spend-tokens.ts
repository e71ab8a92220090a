import { sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { rowsOf } from "#/kernel/db/rows";

/** One use of something that may be used so often. `value` is hashed; after `expiresAt` nobody takes it anyway. */
export type Use = { kind: "page" | "altcha"; value: string; expiresAt: Date };

/**
 * Counts these uses in one statement of the caller's transaction and answers for each, in their order, the how manyth it
 * was. Rows are taken in one order, or two judges of the same tokens would wait for each other for ever.
 */
export async function spendTokens(tx: Db, uses: readonly Use[]): Promise<number[]> {
  if (uses.length === 0) return [];
  const hashes = uses.map(({ kind, value }) => hashOf(`${kind} ${value}`));
  const added = new Map<string, { hash: string; uses: number; expiresAt: string }>();
  for (const [at, hash] of hashes.entries()) {
    const expiresAt = uses[at]!.expiresAt.toISOString();
    added.set(hash, { hash, uses: (added.get(hash)?.uses ?? 0) + 1, expiresAt });
  }
  const rows = await tx.execute(sql`
    insert into gatehouse.spent_tokens as spent (token_hash, uses, expires_at)
    select decode(hash, 'hex'), uses, "expiresAt"
    from jsonb_to_recordset(${JSON.stringify([...added.values()])}::jsonb)
      as row(hash text, uses int, "expiresAt" timestamptz)
    order by hash
    on conflict (token_hash) do update set uses = spent.uses + excluded.uses
    returning encode(token_hash, 'hex') as hash, uses`);
  const before = new Map(
    rowsOf<{ hash: string; uses: number }>(rows).map(({ hash, uses }) => [
      hash,
      uses - added.get(hash)!.uses,
    ]),
  );
  return hashes.map((hash) => {
    const nth = (before.get(hash) ?? 0) + 1;
    before.set(hash, nth);
    return nth;
  });
}

const hashOf = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");
