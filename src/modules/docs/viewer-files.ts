import { gzip } from "node:zlib";
import { version } from "swagger-ui-dist/package.json";
import style from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import { notFound } from "#/kernel/errors";
import { answerCached, tagOf } from "./answer-cached";
import { startViewer } from "./start-viewer";

type ViewerFile = { type: string; read: () => Blob; packed?: Promise<Uint8Array<ArrayBuffer>> };

const script = "text/javascript; charset=utf-8";
const css = "text/css; charset=utf-8";

/** Their names change with their content, so that a browser may keep them for ever. */
export const viewerNames = {
  bundle: `swagger-ui-${version}.js`,
  style: `swagger-ui-${version}.css`,
  start: `start-${tagOf(startViewer)}.js`,
};

/** Read where they lie, in the executable: 1.9 MB that a server nobody asks for them need not hold. */
const files: Readonly<Record<string, ViewerFile>> = {
  [viewerNames.bundle]: { type: script, read: () => Bun.file(bundle) },
  [viewerNames.style]: { type: css, read: () => Bun.file(style) },
  [viewerNames.start]: { type: script, read: () => new Blob([startViewer]) },
};

/** A file of the documentation pages, packed once for all who take gzip. Refuses other names with 404. */
export async function answerViewerFile(request: Request, name: string): Promise<Response> {
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (!file) throw notFound("file");
  const headers = {
    "content-type": file.type,
    "cache-control": "public, max-age=31536000, immutable",
    vary: "Accept-Encoding",
  };
  if (!takesGzip(request)) return answerCached(request, name, headers, file.read());
  file.packed ??= pack(file.read());
  const packed = { ...headers, "content-encoding": "gzip" };
  return answerCached(request, `${name}.gz`, packed, await file.packed);
}

async function pack(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  gzip(await file.bytes(), (error, packed) => (error ? reject(error) : resolve(new Uint8Array(packed))));
  return promise;
}

const takesGzip = ({ headers }: Request) =>
  /(^|,)\s*gzip\s*(;\s*q=(1|0\.0*[1-9])|,|$)/i.test(headers.get("accept-encoding") ?? "");
