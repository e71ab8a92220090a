import { isBlankCharacter } from "./blank-character";

/** Letters, digits and the other characters RFC 5322 allows in an unquoted local part (`atext`). */
const localCharacters = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-") {
  localCharacters[character.charCodeAt(0)] = 1;
}

/**
 * One address that mail can be sent to: `local@domain`, at most 254 characters, the local part at most 64
 * (RFC 5321 §4.5.3.1). Quoted local parts, comments, address literals and names without a dot are refused:
 * no visitor has one, and they are how headers get broken. Domains may be internationalised (`müller.de`).
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.indexOf("@");
  return at > 0 && at <= 64 && isLocalPart(text, at) && isDomain(text, at + 1);
}

function isLocalPart(text: string, end: number): boolean {
  let afterDot = true;
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e ? afterDot : localCharacters[code] !== 1) return false;
    afterDot = code === 0x2e;
  }
  return !afterDot;
}

function isDomain(text: string, start: number): boolean {
  let labelStart = start;
  let dots = 0;
  let digitsOnly = true;
  let international = false;
  for (let at = start; at <= text.length; at++) {
    const code = at === text.length ? 0x2e : text.charCodeAt(at);
    if (code === 0x2e) {
      if (at === labelStart || at - labelStart > 63) return false;
      if (text.charCodeAt(labelStart) === 0x2d || text.charCodeAt(at - 1) === 0x2d) return false;
      if (at === text.length) break;
      labelStart = at + 1;
      dots++;
      digitsOnly = true;
    } else if (code >= 0x80) {
      if (isBlankCharacter(code) || code < 0xa0) return false;
      international = true;
      digitsOnly = false;
    } else if (code < 0x30 || code > 0x39) {
      const letter = code | 0x20;
      if (code !== 0x2d && (letter < 0x61 || letter > 0x7a)) return false;
      digitsOnly = false;
    }
  }
  if (dots === 0 || digitsOnly) return false;
  return !international || URL.canParse(`http://${text.slice(start)}/`);
}
