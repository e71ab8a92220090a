import { createHash, createHmac } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import { randomToken } from "#/kernel/crypto";
import type { Db } from "#/kernel/db";
import { purposeKey } from "./access-tokens";
import { type LinkPurpose, oneTimeTokens } from "./tables";

/** Seconds a link works. */
export const linkSeconds: Readonly<Record<LinkPurpose, number>> = {
  verify: 86_400,
  reset: 1_800,
  email: 86_400,
  enrol: 1_800,
  setup: 1_800,
};

type Secrets = Pick<Config, "rootSecret">;

/** What a link stands for. `used` and `expired` by the database's clock. */
export type Link = { userId: number | null; email: string; used: boolean; expired: boolean };

/**
 * Makes a link and ends the older ones of the same purpose and account. Answers its seed, which is no secret: the
 * token is derived from it with a key of this service (`linkToken`), so a job may carry it and nobody who reads the
 * database can open the link.
 */
export async function issueLink(
  tx: Db,
  secrets: Secrets,
  { purpose, userId, email }: { purpose: LinkPurpose; userId: number | null; email: string },
): Promise<string> {
  // Nobody has the id 0: a link of nobody takes the time of somebody's.
  await endLinks(tx, userId ?? 0, purpose);
  const seed = randomToken(16);
  await insertLink(tx, linkToken(secrets, seed), { purpose, userId, email });
  return seed;
}

/**
 * A link that is shown at once instead of mailed; ends the older ones as `issueLink` does, also where it belongs to no
 * account yet. Answers its token, which is random and kept nowhere: no secret of the service is needed to make it.
 */
export async function createLink(
  tx: Db,
  { purpose, userId }: { purpose: LinkPurpose; userId: number | null },
): Promise<string> {
  await endLinks(tx, userId, purpose);
  const token = randomToken(32);
  await insertLink(tx, token, { purpose, userId, email: "" });
  return token;
}

async function insertLink(
  tx: Db,
  token: string,
  { purpose, userId, email }: { purpose: LinkPurpose; userId: number | null; email: string },
): Promise<void> {
  await tx.insert(oneTimeTokens).values({
    hash: hashOf(token),
    purpose,
    userId,
    email,
    expiresAt: sql`now() + make_interval(secs => ${linkSeconds[purpose]})`,
  });
}

/** From now on no link of this purpose opens anything for the account; a click on one is told that it was used. */
export async function endLinks(tx: Db, userId: number | null, purpose: LinkPurpose): Promise<void> {
  await tx
    .update(oneTimeTokens)
    .set({ expiresAt: sql`now()` })
    .where(
      and(
        userId === null ? isNull(oneTimeTokens.userId) : eq(oneTimeTokens.userId, userId),
        eq(oneTimeTokens.purpose, purpose),
        isNull(oneTimeTokens.usedAt),
        sql`${oneTimeTokens.expiresAt} > now()`,
      ),
    );
}

/** The token of a link, 256 bits in base64url. */
export const linkToken = (secrets: Secrets, seed: string): string =>
  createHmac("sha256", purposeKey(secrets, "link")).update(seed).digest("base64url");

/** What a token stands for, used or not; undefined for one that never existed, or is of another purpose. */
export async function findLink(db: Db, token: string, purpose: LinkPurpose): Promise<Link | undefined> {
  if (!isToken.test(token)) return;
  const [row] = await db
    .select({
      userId: oneTimeTokens.userId,
      email: oneTimeTokens.email,
      used: sql<boolean>`${oneTimeTokens.usedAt} is not null`,
      expired: sql<boolean>`${oneTimeTokens.expiresAt} <= now()`,
    })
    .from(oneTimeTokens)
    .where(and(eq(oneTimeTokens.hash, hashOf(token)), eq(oneTimeTokens.purpose, purpose)));
  return row;
}

/** Takes a link, once: of callers at the same moment one gets it, all others undefined. */
export async function takeLink(
  tx: Db,
  token: string,
  purpose: LinkPurpose,
): Promise<Pick<Link, "userId" | "email"> | undefined> {
  if (!isToken.test(token)) return;
  const [row] = await tx
    .update(oneTimeTokens)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(oneTimeTokens.hash, hashOf(token)),
        eq(oneTimeTokens.purpose, purpose),
        isNull(oneTimeTokens.usedAt),
        sql`${oneTimeTokens.expiresAt} > now()`,
      ),
    )
    .returning({ userId: oneTimeTokens.userId, email: oneTimeTokens.email });
  return row;
}

const isToken = /^[\w-]{43}$/;
const hashOf = (token: string) => createHash("sha256").update(token).digest();
