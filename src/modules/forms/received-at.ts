/** When a message arrived (UTC, milliseconds): the first 48 bits of its UUIDv7 (RFC 9562, section 5.7). */
export const receivedAt = (id: string): Date =>
  new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));

/** The lowest UUIDv7 of a moment (RFC 9562 §5.7): ids are in order of arrival. */
export function idAt(moment: Date | undefined): string {
  const digits = Math.max(0, moment?.getTime() ?? 0)
    .toString(16)
    .padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
}
