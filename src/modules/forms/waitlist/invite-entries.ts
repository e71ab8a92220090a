import { and, asc, eq, inArray } from "drizzle-orm";
import { audit, type Origin } from "#/kernel/audit";
import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { capVisitorMails } from "../delivery/cap-visitor-mails";
import { enqueueDeliveries } from "../delivery/deliver-submission";
import { insertDeliveries, type NewDelivery } from "../queries";
import { lockWaitlist } from "./follow-messages";
import { waitlistEntries } from "./tables";
import { waitlistForm } from "./waitlist-form";

/** Whom to invite: these, or the next so many. */
export type Wanted = { ids: readonly string[] } | { count: number };

type Actor = { id: number; origin: Origin };

/**
 * Lets people in and tells them by mail; gives who was invited, the first of the list first. Entries that are not
 * confirmed, or were invited before, are passed over. Where no mail may or can be sent, the ledger says why.
 */
export function inviteEntries(kernel: Kernel, actor: Actor, wanted: Wanted): Promise<string[]> {
  return kernel.db.transaction(async (tx) => {
    await lockWaitlist(tx);
    const chosen = await choose(tx, wanted);
    if (chosen.length === 0) return [];
    const ids = chosen.map(({ id }) => id);
    await tx
      .update(waitlistEntries)
      .set({ state: "invited", invitedAt: kernel.now() })
      .where(inArray(waitlistEntries.id, ids));

    const mails = chosen.map(({ submissionId, emailNormalised: target }) => ({
      submissionId,
      form: waitlistForm,
      target,
    }));
    const destinations = await capVisitorMails(kernel, tx, "invitation_email", mails);
    const planned = destinations.map(({ submissionId, target, fate }): NewDelivery => {
      const state = fate === "ready" ? "queued" : fate;
      return { id: Bun.randomUUIDv7(), submissionId, channel: "invitation_email", target, state };
    });
    await insertDeliveries(tx, planned);
    const due = planned.flatMap(({ id, channel, state }) =>
      state === "queued" ? [{ deliveryId: id, channel }] : [],
    );
    await enqueueDeliveries(kernel, tx, due);
    await audit(tx, {
      event: "waitlist.invited",
      actor: actor.id,
      subject: { type: "form", id: waitlistForm },
      data: { entries: ids },
      origin: actor.origin,
    });
    return ids;
  });
}

function choose(tx: Db, wanted: Wanted) {
  const waits = eq(waitlistEntries.state, "confirmed");
  const inOrder = [asc(waitlistEntries.rankKey), asc(waitlistEntries.seq)];
  return "ids" in wanted
    ? tx
        .select()
        .from(waitlistEntries)
        .where(and(waits, inArray(waitlistEntries.id, [...wanted.ids])))
        .orderBy(...inOrder)
    : tx
        .select()
        .from(waitlistEntries)
        .where(waits)
        .orderBy(...inOrder)
        .limit(wanted.count);
}
