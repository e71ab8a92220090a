import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { insertDeliveries, type NewDelivery } from "../queries";
import type { Channel, DeliveryState, StoredState } from "../tables";
import { channelSenders } from "./channels";
import type { ChannelSender, Destination, Judged } from "./channels/channel";
import type { Due } from "./due";

/**
 * Who hears of these messages, by every channel, stored in the caller's transaction; gives the deliveries to make now.
 * What cannot be sent is planned all the same, as `skipped` or `suppressed`, so that it can be seen. Of a message that
 * is `held`, or `pending` until the visitor confirms, the team's deliveries wait.
 */
export async function planDeliveries(
  kernel: Kernel,
  tx: Db,
  judged: readonly Judged[],
  senders: readonly ChannelSender[] = channelSenders,
): Promise<Due[]> {
  const states = new Map(judged.map(({ submission }) => [submission.id, submission.state]));
  const due: Due[] = [];
  for (const { channel, tells, plan } of senders) {
    const concerned = judged.filter((one) => concerns(channel, tells, one));
    if (concerned.length === 0) continue;
    const destinations = await plan(kernel, tx, concerned);
    const planned = destinations.map(({ submissionId, target, fate }): NewDelivery => {
      const state = stateOf(fate, tells, states.get(submissionId));
      return { id: Bun.randomUUIDv7(), submissionId, channel, target, state };
    });
    // Before the next channel plans: the mails to one visitor are counted over all channels.
    await insertDeliveries(tx, planned);
    for (const { id, state } of planned) if (state === "queued") due.push({ deliveryId: id, channel });
  }
  return due;
}

/** The canary goes by the ways of the team alone: an endpoint of somebody else asked for messages of visitors. */
const canaryChannels: readonly Channel[] = ["owner_email", "slack"];

const concerns = (channel: Channel, tells: "inbox" | "pending", { submission: { kind, state } }: Judged) =>
  kind === "canary" ? canaryChannels.includes(channel) : tells === "inbox" || state === "pending";

function stateOf(
  fate: Destination["fate"],
  tells: "inbox" | "pending",
  message: StoredState | undefined,
): DeliveryState {
  if (fate !== "ready") return fate;
  return tells === "pending" || message === "inbox" ? "queued" : "waiting";
}
