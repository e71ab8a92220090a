import { createHmac } from "node:crypto";
import { domainToASCII } from "node:url";
import { eq, inArray } from "drizzle-orm";
import type { Config } from "../config";
import { deriveKey } from "../crypto";
import type { Db } from "../db";
import { type SuppressionReason, suppressions } from "./tables";

type Root = Pick<Config, "rootSecret">;

/**
 * From now on no mail goes to this visitor: their server refused it, they complained, or they declined. The first
 * reason stays. Never called for an address of the team, which must hear of what goes wrong.
 */
export async function suppress(
  tx: Db,
  config: Root,
  address: string,
  reason: SuppressionReason,
): Promise<void> {
  await tx
    .insert(suppressions)
    .values({ addressHash: hashesOf(config, [address]).get(address)!, reason })
    .onConflictDoNothing();
}

/** Those of the addresses, spelled as they were given, that no mail may go to. One statement for all of them. */
export async function isSuppressed(db: Db, config: Root, addresses: readonly string[]): Promise<Set<string>> {
  if (addresses.length === 0) return new Set();
  const hashes = hashesOf(config, addresses);
  const rows = await db
    .select({ hash: suppressions.addressHash })
    .from(suppressions)
    .where(inArray(suppressions.addressHash, [...hashes.values()]));
  const found = new Set(rows.map(({ hash }) => hex(hash)));
  return new Set([...hashes].flatMap(([address, hash]) => (found.has(hex(hash)) ? [address] : [])));
}

/** The address may be written to again, which only the person behind it can ask for. Gives whether it was listed. */
export async function unsuppress(tx: Db, config: Root, address: string): Promise<boolean> {
  const hash = hashesOf(config, [address]).get(address)!;
  const removed = await tx
    .delete(suppressions)
    .where(eq(suppressions.addressHash, hash))
    .returning({ reason: suppressions.reason });
  return removed.length > 0;
}

/** HMAC-SHA256 by an own key: the list outlives an erasure, and names nobody to whoever reads the table. */
function hashesOf({ rootSecret }: Root, addresses: readonly string[]): Map<string, Uint8Array> {
  const key = deriveKey(rootSecret, "suppressions");
  return new Map(
    addresses.map((address) => [address, createHmac("sha256", key).update(normalise(address)).digest()]),
  );
}

/** Lower case, and the domain in its ASCII form, in which mail servers and SendGrid name it. */
function normalise(address: string): string {
  const plain = address.trim().toLowerCase().normalize("NFC");
  const at = plain.lastIndexOf("@") + 1;
  return plain.slice(0, at) + (domainToASCII(plain.slice(at)) || plain.slice(at));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
