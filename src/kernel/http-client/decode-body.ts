import { promisify } from "node:util";
import { gunzip } from "node:zlib";

const inflate = promisify(gunzip);

/**
 * The body without its compression, at most `maxBytes`: 1 MB of gzip can hold 1 GB, so it stops there. We ask for gzip
 * only; anything else is `broken`.
 */
export async function decodeBody(
  bytes: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array | "broken" | "too_large"> {
  const name = encoding?.trim().toLowerCase() ?? "";
  if (name === "" || name === "identity" || bytes.length === 0) return bytes;
  if (name !== "gzip" && name !== "x-gzip") return "broken";
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "too_large" : "broken";
  }
}
