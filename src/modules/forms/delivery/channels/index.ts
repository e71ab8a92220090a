import type { Channel } from "../../tables";
import type { ChannelSender } from "./channel";
import { hubspot } from "./hubspot";
import { invitationEmail } from "./invitation-email";
import { optInEmail } from "./opt-in-email";
import { ownerEmail } from "./owner-email";
import { slack } from "./slack";
import { visitorEmail } from "./visitor-email";
import { webhook } from "./webhook";

/**
 * Every way to tell somebody of a message, in the order in which they are planned. The mail that asks a visitor to
 * confirm stands before the one that thanks: where an address may get one more, it is that one.
 */
export const channelSenders: readonly ChannelSender[] = [
  ownerEmail,
  optInEmail,
  visitorEmail,
  invitationEmail,
  hubspot,
  webhook,
  slack,
];
const byName = new Map(channelSenders.map((sender) => [sender.channel, sender]));

export const senderOf = (channel: Channel): ChannelSender | undefined => byName.get(channel);
