import { isBlankCharacter } from "#/kernel/blank-character";

/** Whether nothing of it could be seen, which is what "missing" means. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isBlankCharacter(text.charCodeAt(at))) return false;
  return true;
}

/** Without the blank characters at both ends; the same string when there are none. */
export function trimBlank(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlankCharacter(text.charCodeAt(start))) start++;
  while (end > start && isBlankCharacter(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Whether it has more than `max` code points; counts only when the number of UTF-16 units leaves it open. */
export function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false;
  return text.length > 2 * max || countCodePoints(text) > max;
}

/** Whether it has fewer than `min` code points. */
export function isShorterThan(text: string, min: number): boolean {
  if (text.length >= 2 * min) return false;
  return text.length < min || countCodePoints(text) < min;
}

function countCodePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--;
  return count;
}

/** Digits, spaces and `+()-./x`, with one digit at least. */
export function isTel(text: string): boolean {
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) digits++;
    else if (code !== 0x20 && code !== 0xa0 && code !== 0x202f && !"+()-./x".includes(text[at]!))
      return false;
  }
  return digits > 0;
}

/** Whether it is an `http:` or `https:` address once parsed as browsers do (WHATWG URL). */
export function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:");
}

/** Decimal notation of at most 15 digits, which a double holds exactly: `-12.5`, not `1e3`, `0x10` or `+1`. */
export function readDecimal(text: string): number | undefined {
  let digits = 0;
  let points = 0;
  for (let at = text.charCodeAt(0) === 0x2d ? 1 : 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) digits++;
    else if (code !== 0x2e || ++points > 1) return undefined;
  }
  return digits === 0 || digits > 15 || text.endsWith(".") ? undefined : Number(text);
}

/** A day that exists, written `YYYY-MM-DD`, in the years 1900 to 2200 (proleptic Gregorian). */
export function isRealDate(text: string): boolean {
  if (text.length !== 10 || text[4] !== "-" || text[7] !== "-") return false;
  for (const at of [0, 1, 2, 3, 5, 6, 8, 9]) if (!isDigit(text.charCodeAt(at))) return false;
  const [year, month, day] = [+text.slice(0, 4), +text.slice(5, 7), +text.slice(8)];
  if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
