import { eq, inArray } from "drizzle-orm";
import type { Db } from "#/kernel/db";
import { AppError, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { tellWhoWasNot } from "../delivery/release-deliveries";
import { planWebhookEvent } from "../delivery/webhooks/plan-webhook-event";
import type { Submission } from "../queries";
import { submissions } from "../tables";
import { followMessages } from "../waitlist/follow-messages";
import { findLink, lockLink, lockPending, type OptIn } from "./links";
import { optIns } from "./tables";

/** 410: nobody pressed the button in time. A new link can be asked for. */
export const linkExpired = () => new AppError(410, "link_expired", "This link has expired");
/** 410: whoever has the address said that it was not them. */
const linkDeclined = () => new AppError(410, "link_declined", "This address was declined");

/**
 * What a link stands for, while it is good for something. Refuses with 404, 410 `link_expired` and 410 `link_declined`.
 * One that has been used stays good: whoever opens it again sees the same.
 */
export async function readLink({ db, now }: Pick<Kernel, "db" | "now">, token: string): Promise<OptIn> {
  const link = await findLink(db, token);
  if (!link) throw notFound("link");
  refuseDead(link, now());
  return link;
}

/**
 * The sender says that the address is theirs: what they sent by this form comes into the inbox, and whoever waited for
 * it is told. A second time changes nothing. Refuses as `readLink`.
 */
export async function confirmAddress(kernel: Kernel, token: string): Promise<OptIn> {
  const link = await readLink(kernel, token);
  if (link.confirmedAt) return link;
  await kernel.db.transaction(async (tx) => {
    const pending = await lockPending(tx, link);
    const held = await lockLink(tx, link);
    if (!held) throw notFound("link");
    refuseDead(held, kernel.now());
    if (!held.confirmedAt)
      await tx.update(optIns).set({ confirmedAt: kernel.now() }).where(eq(optIns.tokenHash, held.tokenHash));
    await letIn(kernel, tx, pending);
  });
  return link;
}

async function letIn(kernel: Kernel, tx: Db, pending: readonly Submission[]): Promise<void> {
  if (pending.length === 0) return;
  const ids = pending.map(({ id }) => id);
  await tx
    .update(submissions)
    .set({ state: "inbox", updatedAt: kernel.now() })
    .where(inArray(submissions.id, ids));
  await followMessages(
    kernel,
    tx,
    pending.map((one) => ({ ...one, state: "inbox" as const })),
  );
  for (const one of pending) {
    await tellWhoWasNot(kernel, tx, one);
    await planWebhookEvent(kernel, tx, one, "submission.confirmed");
  }
}

function refuseDead(
  { confirmedAt, declinedAt, expiresAt }: Pick<OptIn, "confirmedAt" | "declinedAt" | "expiresAt">,
  now: Date,
): void {
  if (declinedAt) throw linkDeclined();
  if (!confirmedAt && expiresAt <= now) throw linkExpired();
}
