/** When a message arrived (UTC, milliseconds): the first 48 bits of its UUIDv7 (RFC 9562, section 5.7). */
export const receivedAt = (id: string): Date =>
  new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
