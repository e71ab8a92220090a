import { commonPasswords } from "./common-passwords.generated";

/**
 * Why a new password is refused: too few or too many characters, on the list of the most used ones, the same as the
 * address, its local part or the username, or no text (a lone surrogate).
 */
export type PasswordFault = "too_short" | "too_long" | "too_common" | "same_as_account" | "not_text";

/** Characters. Any password manager's longest fits, and 128 of them never exceed 1,024 bytes. */
const mostCharacters = 128;

const known = new Set(commonPasswords.split(/\s+/));

/**
 * Judges a password that somebody chooses; undefined when it may be used. `minLength` in characters (Unicode code
 * points of the NFC form, NIST SP 800-63B-4 §3.1.1.2). No rules of composition, by the same source. Comparisons ignore
 * case. Registration passes the address and the name it is about to store.
 */
export function checkNewPassword(
  password: string,
  account: { email?: string | null; username?: string },
  minLength: number,
): PasswordFault | undefined {
  if (!password.isWellFormed()) return "not_text";
  // Nothing composes by so much that 128 characters remain, and text without end is not worth normalising.
  if (password.length > mostCharacters * 8) return "too_long";
  const characters = [...password.normalize("NFC")].length;
  if (characters < minLength) return "too_short";
  if (characters > mostCharacters) return "too_long";

  const key = fold(password);
  if (known.has(key)) return "too_common";
  const { email, username } = account;
  const own = [email, email?.slice(0, email.lastIndexOf("@")), username];
  return own.some((text) => text && fold(text) === key) ? "same_as_account" : undefined;
}

const fold = (text: string) => text.normalize("NFC").toLowerCase().normalize("NFC");
