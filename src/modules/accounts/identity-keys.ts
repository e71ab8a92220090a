import { domainToASCII } from "node:url";
import { isEmailAddress } from "#/kernel/email-address";

/**
 * What makes two addresses one: trimmed, NFC, lower case, the domain as DNS writes it. Undefined for what is no
 * address that mail can be sent to. No `+tag` or dot folding: those are other mailboxes for most providers.
 */
export function emailKey(typed: string): string | undefined {
  const address = typed.trim().normalize("NFC");
  if (!isEmailAddress(address)) return;
  const at = address.lastIndexOf("@");
  const domain = domainToASCII(address.slice(at + 1));
  return domain === "" ? undefined : `${address.slice(0, at)}@${domain}`.toLowerCase();
}

/** The key of `@example.com`, or of an address, as the list of those who may register holds them. */
export function patternKey(typed: string): string | undefined {
  const pattern = typed.trim();
  return pattern.startsWith("@") ? emailKey(`any${pattern}`)?.slice(3) : emailKey(pattern);
}

/** ASCII alone, so that no two names look alike. */
const username = /^[A-Za-z0-9][A-Za-z0-9_-]{0,30}[A-Za-z0-9]$/;

/** Names that would pass for the service itself, or that paths and mailboxes use (RFC 2142). */
const reserved = new Set(
  (
    "about abuse account accounts admin administrator api assets auth billing blog careers contact dev docs editor " +
    "everyone gatehouse health help hostmaster info jobs legal login logout mail me moderator news noreply null " +
    "official owner portal postmaster press privacy register root security settings signup staff status support " +
    "system team terms test undefined user users webmaster www"
  ).split(" "),
);

/** Whether a new account may take this name; imported ones of other forms stay valid. */
export const isNewUsername = (typed: string) => username.test(typed) && !reserved.has(typed.toLowerCase());

export const usernameKey = (typed: string) => typed.normalize("NFC").toLowerCase();
