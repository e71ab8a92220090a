import { and, eq } from "drizzle-orm";
import { AppError, notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { capVisitorMails } from "../delivery/cap-visitor-mails";
import { startSeries } from "../delivery/start-series";
import { type DeliveryState, deliveries, submissions } from "../tables";
import { followMessages } from "../waitlist/follow-messages";
import { findLink, type OptIn } from "./links";

const atRest: readonly DeliveryState[] = [
  "delivered",
  "dead",
  "cancelled",
  "suppressed",
  "skipped",
  "retrying",
];

/**
 * A new link for a message that still waits, or waited in vain. How often is a matter of the mail caps: whoever has an
 * old link must not flood the mailbox, and is not told. Nothing happens to what was confirmed, judged otherwise or
 * erased. Refuses with 404, and 410 `link_declined`.
 */
export async function sendAgain(kernel: Kernel, token: string): Promise<OptIn> {
  const link = await findLink(kernel.db, token);
  if (!link) throw notFound("link");
  if (link.declinedAt) throw new AppError(410, "link_declined", "This address was declined");
  if (link.confirmedAt) return link;
  await kernel.db.transaction(async (tx) => {
    const [message] = await tx
      .select()
      .from(submissions)
      .where(eq(submissions.id, link.submissionId))
      .for("update");
    if (message?.state !== "pending" && message?.state !== "expired") return;
    const submission = { ...message, state: "pending" as const };
    await tx
      .update(submissions)
      .set({ state: "pending", judgedAt: kernel.now(), updatedAt: kernel.now() })
      .where(eq(submissions.id, submission.id));
    await followMessages(kernel, tx, [submission]);

    const { id, form } = submission;
    const asked = [{ submissionId: id, form, target: link.emailNormalised }];
    const [planned] = await capVisitorMails(kernel, tx, "opt_in_email", asked);
    if (planned?.fate !== "ready") return;
    const [earlier] = await tx
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(and(eq(deliveries.submissionId, id), eq(deliveries.channel, "opt_in_email")));
    if (earlier) await startSeries(kernel, tx, [earlier.id], { from: atRest });
  });
  return link;
}
