import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { insertDeliveries, type NewDelivery } from "../queries";
import type { DeliveryState, StoredState } from "../tables";
import { channelSenders } from "./channels";
import type { ChannelSender, Destination, Judged } from "./channels/channel";

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
): Promise<string[]> {
  const states = new Map(judged.map(({ submission }) => [submission.id, submission.state]));
  const due: string[] = [];
  for (const { channel, tells, plan } of senders) {
    const concerned = tells === "pending" ? judged.filter(isPending) : judged;
    if (concerned.length === 0) continue;
    const destinations = await plan(kernel, tx, concerned);
    const planned = destinations.map(({ submissionId, target, fate }): NewDelivery => {
      const state = stateOf(fate, tells, states.get(submissionId));
      return { id: Bun.randomUUIDv7(), submissionId, channel, target, state };
    });
    // Before the next channel plans: the mails to one visitor are counted over all channels.
    await insertDeliveries(tx, planned);
    due.push(...planned.filter(({ state }) => state === "queued").map(({ id }) => id));
  }
  return due;
}

const isPending = ({ submission }: Judged) => submission.state === "pending";

function stateOf(
  fate: Destination["fate"],
  tells: "inbox" | "pending",
  message: StoredState | undefined,
): DeliveryState {
  if (fate !== "ready") return fate;
  return tells === "pending" || message === "inbox" ? "queued" : "waiting";
}
