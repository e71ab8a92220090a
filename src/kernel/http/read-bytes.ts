import { AppError } from "../errors";
import { holdBytes } from "./body-budget";
import { waitAnew } from "./request-context";

/** Bytes. Up to here a declared length is set aside at once; beyond it only what has arrived counts, or a few senders
 * who declare much and send nothing would fill the memory of all. */
const smallBody = 16 * 1024;

/**
 * Bytes. Bun closes a connection whose body brings less than 16 KB a second over `idleTimeout`, which a bad line does
 * not reach. Each time that so much has come its time begins anew, so 0.8 KB a second will do, and a sender of single
 * bytes is closed as before. A small body has the whole time at once.
 */
const progress = 8 * 1024;

/** Bytes. Routes that take more are the exception, with the whole budget to share. */
const usualBody = 1024 * 1024;

const tooLarge = () => new AppError(413, "too_large", "The body is larger than this address takes");

/**
 * Reads a body whole, at most `maxBytes`, within `timeoutMs` when given (a body declared small: within the server's
 * `idleTimeout`). Refuses with 413 `too_large` (by
 * `Content-Length` before reading, and by counting), 415 for any `Content-Encoding` (Bun does not decode them),
 * 408 `too_slow`, 400 `malformed_body` when the sender breaks off, and 503 `overloaded` while other bodies fill the
 * memory set aside for them. What was read counts to that until the request is answered.
 */
export async function readBytes(
  request: Request,
  maxBytes: number,
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<Uint8Array> {
  if (request.headers.has("content-encoding")) {
    throw new AppError(
      415,
      "unsupported_media_type",
      "Cannot take an encoded body: send it without Content-Encoding",
    );
  }
  const declared = Number(request.headers.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (declared > maxBytes && declared !== Number.POSITIVE_INFINITY) throw tooLarge();
  if (declared <= smallBody) return readDeclared(request, declared, maxBytes);
  const reading = readStream(request, maxBytes);
  return timeoutMs === undefined ? reading : within(reading, timeoutMs);
}

/** The server holds a sender to the length it declared, so one read takes it all. */
async function readDeclared(request: Request, declared: number, maxBytes: number) {
  holdBytes(request, declared);
  const bytes = await request.bytes().catch(brokenOff);
  if (bytes.length > maxBytes) throw tooLarge();
  return bytes;
}

async function readStream(request: Request, maxBytes: number): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  try {
    return joined(chunks, await readChunks(reader, request, maxBytes, chunks));
  } catch (error) {
    reader.cancel().catch(() => {});
    chunks.forEach(free);
    throw error;
  }
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read">;

/** Gives how many bytes came. */
async function readChunks(
  reader: Reader,
  request: Request,
  maxBytes: number,
  chunks: Uint8Array[],
): Promise<number> {
  const inPieces = maxBytes <= usualBody;
  let length = 0;
  let expected = progress;
  for (;;) {
    const { done, value } = await reader.read().catch(brokenOff);
    if (done) return length;
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) throw tooLarge();
    holdBytes(request, value.length, { inPieces });
    if (length >= expected) {
      expected = length + progress;
      waitAnew(request);
    }
  }
}

/** What was refused is nobody's any more. Its memory is free at once, not when the collector comes by: in a flood of 50
 * bodies that was up to 33 MB later, against 17. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function brokenOff(cause: unknown): never {
  throw new AppError(400, "malformed_body", "The body broke off", { cause });
}

async function within<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const tooSlow = () => reject(new AppError(408, "too_slow", "The body took too long to arrive"));
  const timer = setTimeout(tooSlow, timeoutMs);
  try {
    return await Promise.race([reading, promise]);
  } finally {
    clearTimeout(timer);
  }
}
