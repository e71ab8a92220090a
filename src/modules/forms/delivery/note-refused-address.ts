import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { isMailAddress, suppress } from "#/kernel/mail";
import type { Delivery } from "../queries";
import { visitorChannels } from "./cap-visitor-mails";
import type { Sent } from "./channels/channel";

/** A visitor's address that its mail server does not know is written to no more. */
export async function noteRefusedAddress(
  tx: Db,
  { config }: Pick<Kernel, "config">,
  { channel, target }: Pick<Delivery, "channel" | "target">,
  result: Sent,
): Promise<void> {
  const isRefused = result.kind === "refused" && result.why.code === "unknown_recipient";
  if (isRefused && visitorChannels.includes(channel) && isMailAddress(target))
    await suppress(tx, config, target, "refused");
}
