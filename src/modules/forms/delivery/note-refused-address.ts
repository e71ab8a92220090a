import type { Db } from "#/kernel/db";
import type { Kernel } from "#/kernel/kernel";
import { isMailAddress, suppress } from "#/kernel/mail";
import type { Delivery } from "../queries";
import type { Channel } from "../tables";
import type { Sent } from "./channels/channel";

const toVisitors: readonly Channel[] = ["visitor_email", "opt_in_email", "invitation_email"];

/** A visitor's address that its mail server does not know is written to no more. */
export async function noteRefusedAddress(
  tx: Db,
  { config }: Pick<Kernel, "config">,
  { channel, target }: Pick<Delivery, "channel" | "target">,
  result: Sent,
): Promise<void> {
  const isRefused = result.kind === "refused" && result.why.code === "unknown_recipient";
  if (isRefused && toVisitors.includes(channel) && isMailAddress(target))
    await suppress(tx, config, target, "refused");
}
