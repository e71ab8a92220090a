import { AppError } from "../errors";
import { unstorableTexts } from "./storable-text";

/** Levels of lists and objects. The parser's own limit is its stack: 100,000 levels were a 500. */
const maxDepth = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const notJson = () => new AppError(400, "invalid_json", "The body is not JSON");

/**
 * The value of a JSON text (RFC 8259). Refuses with 400 `invalid_json` what is no JSON, not UTF-8, or nested deeper
 * than 32 levels, counted before parsing. Of doubled keys the last one counts.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (nestsTooDeep(bytes)) throw notJson();
  const text = decodeUtf8(bytes);
  if (text === undefined) throw notJson();
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

/** `parseJson`, and 422 `invalid` naming each text that could not be stored as it is (NUL, lone surrogates). */
export function parseStorableJson(bytes: Uint8Array): unknown {
  const value = parseJson(bytes);
  // In well-formed UTF-8 neither can come but by an escape, and most bodies have none.
  const errors = bytes.indexOf(backslash) === -1 ? [] : unstorableTexts(value);
  if (errors.length > 0) throw new AppError(422, "invalid", "Some fields need attention", { errors });
  return value;
}

/** The text, a byte order mark left out; undefined when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return;
  }
}

const [quote, backslash] = [0x22, 0x5c];

/** Counts brackets outside of strings; every byte it looks for stands for itself alone in UTF-8. */
function nestsTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
