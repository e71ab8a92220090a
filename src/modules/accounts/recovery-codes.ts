import { createHash, randomBytes } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { recoveryCodes } from "./tables";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const count = 10;
const bits = 80;

/** Ten new codes of 80 random bits in base32, parted by dashes; those before stop working. Shown once, stored hashed. */
export async function renewRecoveryCodes(tx: Db, userId: number): Promise<string[]> {
  const codes = Array.from({ length: count }, newCode);
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx.insert(recoveryCodes).values(codes.map((code) => ({ userId, hash: hashOf(code) })));
  return codes;
}

/** Takes a code, once. */
export async function takeRecoveryCode(tx: Db, userId: number, code: string): Promise<boolean> {
  if (!looksLikeOne(code)) return false;
  const rows = await tx
    .update(recoveryCodes)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.hash, hashOf(code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return rows.length > 0;
}

/** As people type it: dashes, blanks and capitals do not count. */
const plain = (code: string) => code.replace(/[\s-]/g, "").toLowerCase();
const looksLikeOne = (code: string) => /^[a-z2-7]{16}$/.test(plain(code));
const hashOf = (code: string) => createHash("sha256").update(plain(code)).digest();

function newCode(): string {
  let value = BigInt(`0x${randomBytes(bits / 8).toString("hex")}`);
  let text = "";
  for (let at = 0; at < bits / 5; at++) {
    text += alphabet[Number(value & 31n)];
    value >>= 5n;
  }
  return (text.match(/.{4}/g) as string[]).join("-");
}
