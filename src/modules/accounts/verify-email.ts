import { audit, type Origin } from "#/kernel/audit";
import { AppError } from "#/kernel/errors";
import type { Kernel } from "#/kernel/kernel";
import { mayMail } from "./account-limits";
import { linkMails } from "./account-mails";
import { emailKey } from "./identity-keys";
import { findLink, issueLink, takeLink } from "./links";
import { mailLink, sendLink } from "./mail-account";
import { findByEmailKey, setVerified } from "./queries";

type Needs = Pick<Kernel, "config" | "db" | "jobs" | "limits">;

/** What became of a click on a link that confirms an address. */
export type Verification =
  | { kind: "verified"; userId: number }
  | { kind: "unknown" }
  /** The account was deleted or has another address now. */
  | { kind: "gone"; email: string }
  /** By this link or by other means. */
  | { kind: "already" };

/** Confirms an address, once: of clicks at the same moment one is `verified`, the others `already`. */
export function verifyEmail({ db }: Pick<Needs, "db">, token: string, origin: Origin): Promise<Verification> {
  return db.transaction(async (tx): Promise<Verification> => {
    const taken = await takeLink(tx, token, "verify");
    const link = taken ?? (await findLink(tx, token, "verify"));
    if (!link) return { kind: "unknown" };
    const owner = await findByEmailKey(tx, emailKey(link.email) ?? "");
    if (!taken && !("used" in link && link.used))
      return owner?.verified ? { kind: "already" } : { kind: "unknown" };
    if (!owner || owner.id !== link.userId) return { kind: "gone", email: link.email };
    if (!taken || !(await setVerified(tx, owner.id, emailKey(link.email) ?? ""))) return { kind: "already" };
    await audit(tx, {
      event: "account.verified",
      actor: owner.id,
      subject: { type: "user", id: owner.id },
      origin,
    });
    return { kind: "verified", userId: owner.id };
  });
}

/** For the portal: as `verifyEmail`, refusing with 400 `link_invalid` or `link_used`. */
export async function verifyInPortal(
  kernel: Pick<Needs, "db">,
  token: string,
  origin: Origin,
): Promise<void> {
  const { kind } = await verifyEmail(kernel, token, origin);
  if (kind === "already") throw linkUsed();
  if (kind !== "verified") throw linkInvalid();
}

export const linkInvalid = () => new AppError(400, "link_invalid", "This link is not valid, or no longer");
export const linkUsed = () => new AppError(400, "link_used", "This link was used already");

/**
 * Mails another link to an address whose account waits for its confirmation. What is answered, and the time it takes,
 * tell nothing: an unknown address costs a job of its own that finds nothing.
 */
export async function resendVerification(kernel: Needs, email: string): Promise<void> {
  await mailIfKnown(kernel, email, "verify", ({ verified, disabled }) => !verified && !disabled);
}

/** Mails a link that sets a new password, to whoever has an account; see `resendVerification`. */
export async function forgotPassword(kernel: Needs, email: string): Promise<void> {
  await mailIfKnown(kernel, email, "reset", ({ disabled }) => !disabled);
}

async function mailIfKnown(
  kernel: Needs,
  email: string,
  kind: "verify" | "reset",
  wants: (owner: { verified: boolean; disabled: boolean }) => boolean,
): Promise<void> {
  const key = emailKey(email);
  if (key === undefined || !(await mayMail(kernel, key))) return;
  await kernel.db.transaction(async (tx) => {
    const owner = await findByEmailKey(tx, key);
    if (owner?.email && wants(owner))
      await sendLink(tx, kernel, { kind, userId: owner.id, email: owner.email });
    else {
      const purpose = linkMails[kind];
      const seed = await issueLink(tx, kernel.config, { purpose, userId: null, email: "" });
      await kernel.jobs.enqueue(tx, mailLink, [{ kind, seed }]);
    }
  });
}
