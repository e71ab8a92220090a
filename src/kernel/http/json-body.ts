import { Elysia } from "elysia";
import { AppError } from "../errors";
import { isJson } from "./media-type";
import { readBytes } from "./read-bytes";
import { parseStorableJson } from "./read-json";

/** Bytes; no JSON route of ours has use for more. */
const maxJsonBytes = 1024 * 1024;

/**
 * For the routes of a module that take JSON, used before them. Elysia's own parser takes look-alikes
 * (`application/jsonx`, UTF-16) and any depth. An empty body is null, for the route's schema to judge.
 * Routes that read the body themselves say `parse: "none"` and stand before it.
 */
export const jsonBody = new Elysia({ name: "kernel.json-body" }).onParse({ as: "scoped" }, ({ request }) =>
  readJson(request),
);

/** Reads a JSON body, 415 `unsupported_media_type` for any other type; then as `readBytes`, `parseStorableJson`. */
export async function readJson(request: Request, maxBytes = maxJsonBytes): Promise<unknown> {
  const type = request.headers.get("content-type");
  if (type !== null && !isJson(type)) throw notJson();
  const bytes = await readBytes(request, maxBytes);
  if (bytes.length === 0) return null;
  if (type === null) throw notJson();
  return parseStorableJson(bytes);
}

const notJson = () =>
  new AppError(415, "unsupported_media_type", "Cannot take this type of body: send application/json");
