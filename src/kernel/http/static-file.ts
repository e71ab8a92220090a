import { gzip } from "node:zlib";
import { answerCached } from "./answer-cached";

/** A file that ships inside the executable. Read where it lies, so that one nobody asks for takes no memory. */
export type StaticFile = {
  type: string;
  read: () => Blob;
  /** Made when somebody first takes it. */
  packed?: Promise<Uint8Array<ArrayBuffer>>;
};

/** The file under its entity tag, packed once for all who take gzip. */
export async function answerFile(
  request: Request,
  file: StaticFile,
  { etag, cacheControl }: { etag: string; cacheControl: string },
): Promise<Response> {
  const headers = { "content-type": file.type, "cache-control": cacheControl, vary: "Accept-Encoding" };
  if (!takesGzip(request)) return answerCached(request, etag, headers, file.read());
  file.packed ??= pack(file.read());
  const packed = { ...headers, "content-encoding": "gzip" };
  return answerCached(request, `${etag}.gz`, packed, await file.packed);
}

async function pack(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  gzip(await file.bytes(), (error, packed) => (error ? reject(error) : resolve(new Uint8Array(packed))));
  return promise;
}

const takesGzip = ({ headers }: Request) =>
  /(^|,)\s*gzip\s*(;\s*q=(1|0\.0*[1-9])|,|$)/i.test(headers.get("accept-encoding") ?? "");
