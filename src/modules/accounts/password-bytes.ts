/** Bytes of UTF-8; beyond it nothing is hashed, whatever it is compared with. */
const mostBytes = 1_024;

/**
 * What of a password is hashed: its NFC form in UTF-8, so that a keyboard that composes and one that does not give the
 * same. Undefined for what no password is: nothing at all, a lone surrogate (Bun would hash it as U+FFFD), or more than
 * 1,024 bytes.
 */
export function passwordBytes(password: string): Uint8Array | undefined {
  if (password === "" || password.length > mostBytes || !password.isWellFormed()) return;
  const bytes = new TextEncoder().encode(password.normalize("NFC"));
  return bytes.length > mostBytes ? undefined : bytes;
}
