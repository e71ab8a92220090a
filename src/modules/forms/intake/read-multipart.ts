import { AppError } from "#/kernel/errors";

/** A file as it was sent; its bytes stay in the body. `field` is the name of the input, `name` the file's. */
export type FilePart = { field: string; name: string; type: string; size: number };

type Entry = { field: string; text: string } | { field: string; file: FilePart };

const maxParts = 120;
const maxHeaderBytes = 8 * 1024;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const malformed = () =>
  new AppError(400, "malformed_body", "Cannot read the body: not valid multipart/form-data");

/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 §5.1) whose text is UTF-8. Text parts stay text whatever
 * they look like. A file input left alone, which browsers send as a nameless empty part, is no entry.
 * Refuses with 400 `malformed_body`: no closing boundary, more than 120 parts, more than 8 KB of headers in
 * one part, text that is not UTF-8; 415 `unsupported_media_type` for a part in another charset.
 */
export function* readMultipart(bytes: Uint8Array, boundary: string): Generator<Entry> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  let at = afterFirstDelimiter(body, delimiter);
  for (let parts = 0; ; parts++) {
    at = skipPadding(body, at);
    if (body[at] === 0x2d && body[at + 1] === 0x2d) return;
    if (body[at] !== 0x0d || body[at + 1] !== 0x0a || parts === maxParts) throw malformed();

    // The blank line may follow at once, when a part has no headers: it is looked for from the line break on.
    const headersEnd = body.indexOf("\r\n\r\n", at, "latin1");
    if (headersEnd === -1 || headersEnd - at > maxHeaderBytes) throw malformed();
    const end = body.indexOf(delimiter, headersEnd + 2);
    if (end === -1) throw malformed();
    const content = body.subarray(Math.min(headersEnd + 4, end), end);
    const entry = toEntry(decode(body.subarray(at + 2, Math.max(headersEnd, at + 2))), content);
    if (entry) yield entry;
    at = end + delimiter.length;
  }
}

function afterFirstDelimiter(body: Buffer, delimiter: Buffer): number {
  const bare = delimiter.subarray(2);
  if (body.subarray(0, bare.length).equals(bare)) return bare.length;
  const found = body.indexOf(delimiter);
  if (found === -1) throw malformed();
  return found + delimiter.length;
}

function skipPadding(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at++;
  return at;
}

function toEntry(headers: string, content: Buffer): Entry | undefined {
  const disposition = headerValue(headers, "content-disposition");
  if (disposition === undefined || !/^form-data\s*(;|$)/i.test(disposition)) throw malformed();
  if (/base64|quoted-printable/i.test(headerValue(headers, "content-transfer-encoding") ?? ""))
    throw malformed();
  const field = parameter(disposition, "name");
  if (field === undefined) throw malformed();

  const type = headerValue(headers, "content-type") ?? "text/plain";
  const name = parameter(disposition, "filename") ?? parameter(disposition, "filename\\*");
  if (name !== undefined) {
    const isUntouched = name === "" && content.length === 0;
    return isUntouched ? undefined : { field, file: { field, name, type, size: content.length } };
  }
  if (!/^(utf-?8|us-ascii)$/i.test(parameter(type, "charset") ?? "utf-8")) {
    throw new AppError(
      415,
      "unsupported_media_type",
      "Cannot read a part of the body: its charset must be UTF-8",
    );
  }
  return { field, text: decode(content) };
}

function headerValue(headers: string, name: string): string | undefined {
  for (const line of headers.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && line.slice(0, colon).trimEnd().toLowerCase() === name)
      return line.slice(colon + 1).trim();
  }
  return undefined;
}

/** Browsers write a quote or a line break inside a name as `%22`, `%0D`, `%0A` (HTML, "multipart/form-data"). */
function parameter(value: string, name: string): string | undefined {
  const [, quoted, bare] =
    new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;"]+))\\s*(?=;|$)`, "i").exec(value) ?? [];
  return (quoted ?? bare)?.replace(/%(22|0D|0A)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed();
  }
}
