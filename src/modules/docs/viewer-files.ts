import { version } from "swagger-ui-dist/package.json";
import style from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import { notFound } from "#/kernel/errors";
import { answerFile, type StaticFile, tagOf } from "#/kernel/http";
import { startViewer } from "./start-viewer";

const script = "text/javascript; charset=utf-8";
const css = "text/css; charset=utf-8";
const cacheControl = "public, max-age=31536000, immutable";

/** Their names change with their content, so that a browser may keep them for ever. */
export const viewerNames = {
  bundle: `swagger-ui-${version}.js`,
  style: `swagger-ui-${version}.css`,
  start: `start-${tagOf(startViewer)}.js`,
};

const files: Readonly<Record<string, StaticFile>> = {
  [viewerNames.bundle]: { type: script, read: () => Bun.file(bundle) },
  [viewerNames.style]: { type: css, read: () => Bun.file(style) },
  [viewerNames.start]: { type: script, read: () => new Blob([startViewer]) },
};

/** A file of the documentation pages. Refuses other names with 404. */
export async function answerViewerFile(request: Request, name: string): Promise<Response> {
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (!file) throw notFound("file");
  return answerFile(request, file, { etag: name, cacheControl });
}
