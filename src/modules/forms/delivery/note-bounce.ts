import { eq, sql } from "drizzle-orm";
import type { Kernel } from "#/kernel/kernel";
import { isMailAddress, suppress } from "#/kernel/mail";
import type { SuppressionReason } from "#/kernel/mail/tables";
import { type Delivery, holdState } from "../queries";
import { type Channel, deliveries, deliveryAttempts } from "../tables";
import { visitorChannels } from "./cap-visitor-mails";

/** What became known of a mail after its server had taken it. */
export type Bounce = {
  deliveryId: string;
  /** How the delivery ended. */
  error: "bounced" | "complained";
  /** Why no mail goes to a visitor's address any more; undefined where the address is not to blame. */
  suppression: SuppressionReason | undefined;
  /** The other side's words. */
  text: string;
};

const mailChannels: readonly Channel[] = ["owner_email", ...visitorChannels];
/** Nothing was sent, or it is over by somebody's will: that stays. */
const settledByUs: readonly Delivery["state"][] = ["cancelled", "suppressed", "skipped", "waiting"];

/**
 * The delivery did not arrive after all: it is `dead`, with one attempt `bounced` in its ledger, and a visitor's
 * address, never one of the team, is written to no more. The same event again changes nothing.
 */
export async function noteBounce(kernel: Kernel, bounce: Bounce): Promise<void> {
  const channel = await kernel.db.transaction(async (tx) => {
    const [delivery] = await tx
      .select()
      .from(deliveries)
      .where(eq(deliveries.id, bounce.deliveryId))
      .for("update");
    if (!delivery || !mailChannels.includes(delivery.channel)) return;
    if (bounce.suppression && isVisitors(delivery))
      await suppress(tx, kernel.config, delivery.target, bounce.suppression);
    const isKnown = delivery.state === "dead" && ["bounced", "complained"].includes(delivery.lastError ?? "");
    if (isKnown || settledByUs.includes(delivery.state)) return;

    const at = kernel.now();
    await tx
      .update(deliveries)
      .set({ state: "dead", nextAt: null, waitsFor: null, lastError: bounce.error, updatedAt: at })
      .where(eq(deliveries.id, delivery.id));
    // Their words may name the visitor.
    const isErased = (await holdState(tx, delivery.submissionId)) === "erased";
    await tx.insert(deliveryAttempts).values({
      id: Bun.randomUUIDv7(),
      deliveryId: delivery.id,
      n: sql`(select count(*) + 1 from ${deliveryAttempts} where ${deliveryAttempts.deliveryId} = ${delivery.id})`,
      startedAt: at,
      tookMs: 0,
      outcome: "bounced",
      summary: isErased ? bounce.error : `${bounce.error}: ${bounce.text}`.slice(0, 1024),
    });
    return delivery.channel;
  });
  if (!channel) return;
  kernel.log("error", "forms.delivery_dead", { id: bounce.deliveryId, channel, reason: bounce.error });
  if (channel === "owner_email")
    await kernel.alerts.raise({
      cause: "delivery_bounced:owner_email",
      title: "A mail to the team came back",
      text: "A mail about a new message did not arrive: its delivery says why. Check NOTIFY_EMAIL and the form.",
      notBy: "mail",
    });
}

/** Not the team's, whose mails must show that they fail, each time. */
const isVisitors = ({ channel, target }: Delivery): boolean =>
  channel !== "owner_email" && isMailAddress(target);
