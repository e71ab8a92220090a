import { AppError } from "#/kernel/errors";

/**
 * The header `Idempotency-Key`: 1 to 255 visible ASCII characters; undefined when there is none.
 * Refuses with 400 `bad_idempotency_key`.
 */
export function readIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (isVisibleAscii(header, 1)) return header;
  throw new AppError(
    400,
    "bad_idempotency_key",
    "Cannot use this Idempotency-Key: it must be 1 to 255 visible ASCII characters",
  );
}

/** The field `_id`, 16 to 255 visible ASCII characters; anything else is as good as none. */
export const readPageId = (text: string | undefined): string | undefined =>
  text !== undefined && isVisibleAscii(text, 16) ? text : undefined;

/** The key of one page view, 128 random bits. */
export const newPageId = (): string => crypto.randomUUID();

function isVisibleAscii(text: string, min: number): boolean {
  if (text.length < min || text.length > 255) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
