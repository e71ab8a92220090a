import type { Channel } from "../../tables";
import type { ChannelSender } from "./channel";
import { ownerEmail } from "./owner-email";
import { slack } from "./slack";
import { visitorEmail } from "./visitor-email";
import { webhook } from "./webhook";

/** Every way to tell somebody of a message, in the order in which they are planned. */
export const channelSenders: readonly ChannelSender[] = [ownerEmail, visitorEmail, webhook, slack];

const byName = new Map(channelSenders.map((sender) => [sender.channel, sender]));

export const senderOf = (channel: Channel): ChannelSender | undefined => byName.get(channel);
