import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Config } from "#/kernel/config";
import { deriveKey, sign } from "#/kernel/crypto";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import type { Delivery } from "../queries";
import { submissions } from "../tables";
import { optIns } from "./tables";

/** How long a link works. */
export const linkDays = 7;
const linkMs = linkDays * 86_400_000;

/** What a link stands for: the form and language are those of the message it was mailed for. */
export type OptIn = typeof optIns.$inferSelect & { form: string; language: string };

/**
 * Makes the link of one mail, and gives its token. The token is derived from the delivery with a key of this service:
 * an attempt that is repeated carries the same link, and nobody who reads the database can open it. A new series of
 * attempts has a new link. The seven days begin with the first attempt.
 */
export async function issueLink(
  { config, db, now }: Pick<Kernel, "config" | "db" | "now">,
  { id, restartedAt, submissionId, target }: Pick<Delivery, "id" | "restartedAt" | "submissionId" | "target">,
): Promise<string> {
  const series = restartedAt === null ? id : `${id} ${restartedAt.toISOString()}`;
  const token = sign(deriveKey(config.rootSecret, "forms.opt-in"), series);
  await db
    .insert(optIns)
    .values({
      tokenHash: hashOf(token),
      submissionId,
      emailNormalised: target,
      expiresAt: new Date(now().getTime() + linkMs),
    })
    .onConflictDoNothing();
  return token;
}

/** What a token stands for, whatever became of it; undefined for one that never existed. */
export async function findLink(db: Db, token: string): Promise<OptIn | undefined> {
  if (!isToken.test(token)) return;
  const [row] = await db
    .select({ link: optIns, form: submissions.form, language: submissions.language })
    .from(optIns)
    .innerJoin(submissions, eq(submissions.id, optIns.submissionId))
    .where(eq(optIns.tokenHash, hashOf(token)));
  return row && { ...row.link, form: row.form, language: row.language };
}

/** How it stands now, held until the transaction ends; undefined where it is gone. */
export async function lockLink(
  tx: Db,
  { tokenHash }: Pick<OptIn, "tokenHash">,
): Promise<typeof optIns.$inferSelect | undefined> {
  const [row] = await tx.select().from(optIns).where(eq(optIns.tokenHash, tokenHash)).for("update");
  return row;
}

/** Messages of this sender by this form that wait for a confirmation, locked in the order of all who lock messages. */
export function lockPending(tx: Db, { form, emailNormalised }: Pick<OptIn, "form" | "emailNormalised">) {
  return tx
    .select()
    .from(submissions)
    .where(
      and(
        eq(submissions.emailNormalised, emailNormalised),
        eq(submissions.form, form),
        eq(submissions.state, "pending"),
      ),
    )
    .orderBy(submissions.id)
    .limit(most)
    .for("update");
}

/** Messages of one sender that wait and are let in at one time; who has sent more has them let in by the team. */
const most = 100;

/** A page of this service that belongs to no form, as it stands in a mail. */
export const linkAddress = (
  { PUBLIC_URL, PORT }: Pick<Config, "PUBLIC_URL" | "PORT">,
  path: string,
): string => `${PUBLIC_URL ?? `http://localhost:${PORT}`}/f/-/${path}`;

/** Links of a message that is erased go with it. */
export async function removeLinks(tx: Db, submissionId: string): Promise<void> {
  await tx.delete(optIns).where(eq(optIns.submissionId, submissionId));
}

/** The address wants nothing: none of its links confirms any more. */
export async function declineLinks(tx: Db, emailNormalised: string, at: Date): Promise<void> {
  await tx
    .update(optIns)
    .set({ declinedAt: at })
    .where(and(eq(optIns.emailNormalised, emailNormalised), sql`${optIns.declinedAt} is null`));
}

const isToken = /^[\w-]{43}$/;
const hashOf = (token: string): Uint8Array => createHash("sha256").update(token).digest();
