import { inArray, sql } from "drizzle-orm";
import { notFound } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { suppress } from "#/kernel/mail";
import { cancelOpen } from "../delivery/release-deliveries";
import { type Reason, submissions } from "../tables";
import { leaveWaitlist } from "../waitlist/follow-messages";
import { waitlistForm } from "../waitlist/waitlist-form";
import { declineLinks, findLink, lockPending, type OptIn } from "./links";

const reason: Reason = {
  code: "declined",
  points: 0,
  text: "Whoever has the address says that they did not send this",
};

/**
 * "That was not me": what waits is let go, the entry of the waitlist is removed, and no mail goes to the address any
 * more. Good whenever it is said, also late or after confirming; a second time changes nothing. Refuses with 404.
 */
export async function declineAddress(kernel: Kernel, token: string): Promise<OptIn> {
  const link = await findLink(kernel.db, token);
  if (!link) throw notFound("link");
  if (link.declinedAt) return link;
  await kernel.db.transaction(async (tx) => {
    const ids = (await lockPending(tx, link)).map(({ id }) => id);
    if (ids.length > 0)
      await tx
        .update(submissions)
        .set({
          state: "expired",
          reasons: sql`${submissions.reasons} || ${JSON.stringify([reason])}::jsonb`,
          updatedAt: kernel.now(),
        })
        .where(inArray(submissions.id, ids));
    await cancelOpen(tx, ids);
    if (link.form === waitlistForm) await leaveWaitlist(kernel, tx, link.emailNormalised);
    await declineLinks(tx, link.emailNormalised, kernel.now());
    await suppress(tx, kernel.config, link.emailNormalised, "declined");
  });
  return link;
}
