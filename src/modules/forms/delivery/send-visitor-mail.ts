import type { Kernel } from "#/kernel/kernel";
import { isSuppressed, type MailMessage } from "#/kernel/mail";
import type { Sent } from "./channels/channel";

/** Why a mail is not sent to somebody who wants none; the delivery then ends as `suppressed`. */
export const unwanted = "suppressed";

/**
 * Hands a mail for a visitor over. Not where the address has come onto the list of those who want none since it was
 * planned; and while its domain has had FORMS_MAIL_PER_DOMAIN it waits, which costs no attempt: the opening day of a
 * waitlist is mostly one provider, who would take such a burst for spam.
 */
export async function sendVisitorMail(
  { config, db, limits, mail, now }: Kernel,
  message: MailMessage & { to: readonly [string] },
  key: string,
): Promise<Sent> {
  const [to] = message.to;
  if ((await isSuppressed(db, config, [to])).has(to))
    return { kind: "refused", why: { code: unwanted, text: "This address wants no mail" } };
  const domain = to.slice(to.lastIndexOf("@") + 1).toLowerCase();
  const rule = { name: "visitor-mail-domain", ...config.FORMS_MAIL_PER_DOMAIN, doubling: false };
  const { allowed, retryAfter } = await limits.consume(rule, domain);
  if (allowed) return mail.send(message, key);
  const why = { code: "domain_limit", text: "Its mail domain has had enough for now" };
  return { kind: "parked", why, until: new Date(now().getTime() + retryAfter * 1000) };
}
