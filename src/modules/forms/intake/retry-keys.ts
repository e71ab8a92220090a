import { deriveKey, sign, verify } from "#/kernel/crypto";
import type { Kernel } from "#/kernel/kernel";

/** What a repeated post is recognised by: a hash, in hexadecimal, and how many seconds it is kept. */
export type RetryKey = { key: string; keySeconds: number };

const DAY_SECONDS = 86_400;

/** How many seconds a key may live. */
export const keyLifetimes = (windowSeconds: number): number[] => [windowSeconds, DAY_SECONDS];

/**
 * `Idempotency-Key` stands alone, so that another content under it is noticed. A page's `_id` counts together
 * with the content: a browser may restore an old page with its hidden fields while the text has changed.
 * Without either, the same content of one client is a double click for `windowSeconds`.
 */
export function retryKey({
  headerKey,
  pageId,
  client,
  contentHash,
  windowSeconds,
}: {
  headerKey: string | undefined;
  pageId: string | undefined;
  client: string;
  contentHash: string;
  windowSeconds: number;
}): RetryKey {
  if (headerKey !== undefined) return { key: hash(`header\n${headerKey}`), keySeconds: DAY_SECONDS };
  if (pageId !== undefined) return { key: hash(`page\n${pageId}\n${contentHash}`), keySeconds: DAY_SECONDS };
  return { key: hash(`client\n${client}\n${contentHash}`), keySeconds: windowSeconds };
}

const hash = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 32);

type Ticket = { id: string; form: string; contentHash: string };

/**
 * The page that says "cannot store now" carries the id under which the message may still be stored, so sending
 * it again can never store it twice: same content, same id; changed content, a new message.
 */
export function createRetryTickets({ rootSecret }: Kernel["config"]) {
  const key = deriveKey(rootSecret, "forms.retry-ticket");
  const textOf = ({ id, form, contentHash }: Ticket) => `${id}.${form}.${contentHash}`;
  return {
    issue: (ticket: Ticket): string => `${ticket.id}.${sign(key, textOf(ticket))}`,
    /** The id to store this content under, when the ticket was issued for it and for this form. */
    redeem: (pageId: string | undefined, message: Omit<Ticket, "id">): string | undefined => {
      const [id, signature, more] = pageId?.split(".") ?? [];
      if (!id || !signature || more !== undefined) return undefined;
      return verify(key, textOf({ id, ...message }), signature) ? id : undefined;
    },
  };
}
