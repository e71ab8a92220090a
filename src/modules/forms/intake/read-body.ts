import { AppError } from "#/kernel/errors";
import { decodeUtf8, parseJson } from "#/kernel/http";
import { type FilePart, readMultipart } from "./read-multipart";

/**
 * What a body holds before anything is judged. A value is text, or what JSON makes of it (number, boolean,
 * null, list, object); a name that comes twice holds a list.
 */
export type ReadBody = {
  encoding: "json" | "urlencoded" | "multipart" | "none";
  fields: Map<string, unknown>;
  files: FilePart[];
};

const maxNames = 100;
const maxTextBytes = 256 * 1024;

const malformed = (what: string) => new AppError(400, "malformed_body", `Cannot read the body: ${what}`);
const tooLarge = (what: string) => new AppError(413, "too_large", `Cannot take the body: ${what}`);

/**
 * Reads the bytes of a form post, already within their cap, by its `Content-Type`.
 * No bytes, or JSON that is no object, have no fields.
 * Refuses with 415 `unsupported_media_type` (another type or charset, or none), 400 `malformed_body`, and
 * 413 `too_large` beyond 100 names or 256 KB of text.
 */
export function readBody(bytes: Uint8Array, contentType: string | null): ReadBody {
  const body = readBy(bytes, contentType);
  if (body.fields.size > maxNames) throw tooLarge(`it has more than ${maxNames} fields`);
  // Decoding never lengthens text, so only a body over the limit can hold too much of it.
  if (bytes.length > maxTextBytes && textBytes(body.fields) > maxTextBytes) {
    throw tooLarge(`its text is over ${maxTextBytes / 1024} KB`);
  }
  return body;
}

function readBy(bytes: Uint8Array, contentType: string | null): ReadBody {
  const type = mediaType(contentType);
  if (bytes.length === 0) {
    if (contentType === null || isKnown(type))
      return { encoding: encodingOf(type), fields: new Map(), files: [] };
    throw unsupported();
  }
  if (!hasUtf8Charset(contentType)) throw unsupported();
  if (type === "application/json") return { encoding: "json", fields: readJson(bytes), files: [] };
  if (type === "application/x-www-form-urlencoded") {
    return { encoding: "urlencoded", fields: readUrlencoded(bytes), files: [] };
  }
  if (type === "multipart/form-data") return readParts(bytes, boundaryOf(contentType ?? ""));
  throw unsupported();
}

function mediaType(contentType: string | null): string {
  if (contentType === "application/json") return contentType;
  const semicolon = contentType?.indexOf(";") ?? -1;
  return (semicolon === -1 ? (contentType ?? "") : contentType!.slice(0, semicolon)).trim().toLowerCase();
}

const encodings: Record<string, ReadBody["encoding"]> = {
  "application/json": "json",
  "application/x-www-form-urlencoded": "urlencoded",
  "multipart/form-data": "multipart",
};
const isKnown = (type: string) => Object.hasOwn(encodings, type);
const encodingOf = (type: string) => (isKnown(type) ? encodings[type]! : "none");

const unsupported = () =>
  new AppError(
    415,
    "unsupported_media_type",
    "Cannot read the body: send application/json, application/x-www-form-urlencoded or multipart/form-data in UTF-8",
  );

function hasUtf8Charset(contentType: string | null): boolean {
  if (!contentType?.includes(";")) return true;
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType) ?? [];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

function boundaryOf(contentType: string): string {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare ?? "";
  // RFC 2046 §5.1.1: 1 to 70 characters of a small set, not ending with a space.
  if (!/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary))
    throw malformed("the boundary is missing or wrong");
  return boundary;
}

function decode(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw malformed("it is not valid UTF-8");
  return text;
}

function readJson(bytes: Uint8Array): Map<string, unknown> {
  const value = parse(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    throw malformed("it is not JSON in UTF-8, or nested deeper than 32 levels");
  }
}

/** `application/x-www-form-urlencoded` as in the URL standard, but a broken escape is refused, not kept. */
function readUrlencoded(bytes: Uint8Array): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const pair of decode(bytes).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = unescapeForm(equals === -1 ? pair : pair.slice(0, equals));
    add(fields, name, equals === -1 ? "" : unescapeForm(pair.slice(equals + 1)));
  }
  return fields;
}

function unescapeForm(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw malformed("an escape is broken or not UTF-8");
  }
}

function readParts(bytes: Uint8Array, boundary: string): ReadBody {
  const body: ReadBody = { encoding: "multipart", fields: new Map(), files: [] };
  for (const entry of readMultipart(bytes, boundary)) {
    if ("file" in entry) body.files.push(entry.file);
    else add(body.fields, entry.field, entry.text);
  }
  return body;
}

function add(fields: Map<string, unknown>, name: string, text: string): void {
  const earlier = fields.get(name);
  if (earlier === undefined) fields.set(name, text);
  else if (Array.isArray(earlier)) earlier.push(text);
  else fields.set(name, [earlier, text]);
}

function textBytes(fields: Map<string, unknown>): number {
  let bytes = 0;
  for (const [name, value] of fields) {
    bytes += Buffer.byteLength(name);
    bytes += Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
  }
  return bytes;
}
