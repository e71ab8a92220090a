import { createHash } from "node:crypto";
import type { Alerts } from "#/kernel/alerts";
import type { Db } from "#/kernel/db";
import type { Delivery } from "../queries";
import type { Channel } from "../tables";

/** The way that a channel goes itself, so that no alert about it takes it. */
export function wayOf(channel: Channel): { notBy?: "mail" | "chat" } {
  if (channel.endsWith("_email")) return { notBy: "mail" };
  return channel === "slack" ? { notBy: "chat" } : {};
}

/** A delivery was given up. Once an hour for each destination of the team; visitors' addresses are one. */
export const raiseDead = (
  alerts: Alerts,
  tx: Db,
  { channel, target }: Pick<Delivery, "channel" | "target">,
): Promise<void> =>
  alerts.raise(
    {
      cause: ["delivery_dead", channel, ...destinationOf(channel, target)].join(":"),
      title: `A message could not be delivered by ${channel}`,
      text: "It was given up. The ledger of deliveries says why; from there it can be sent again.",
      ...wayOf(channel),
    },
    tx,
  );

/** The other side does not know our login; what is to be sent waits for it. */
export const raiseCredentials = (alerts: Alerts, tx: Db, channel: Channel): Promise<void> =>
  alerts.raise(
    {
      cause: `credentials:${channel}`,
      title: `The login for ${channel} is refused`,
      text: "Messages wait until the login in the settings is right again, at most a good day.",
      ...wayOf(channel),
    },
    tx,
  );

/** Addresses of the team are shortened to a digest: a cause stands in the log. */
function destinationOf(channel: Channel, target: string): string[] {
  if (channel === "webhook") return [target];
  return channel === "owner_email" ? [createHash("sha256").update(target).digest("hex").slice(0, 8)] : [];
}
