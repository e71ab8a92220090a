import { parseMediaType } from "../http/media-type";

/** The value of an answer that says it is JSON and is; undefined otherwise. `null` counts as broken: no vendor means it. */
export function readJson(headers: Headers, body: Uint8Array): unknown {
  const type = parseMediaType(headers.get("content-type") ?? "")?.type ?? "";
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) return;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) ?? undefined;
  } catch {
    return;
  }
}
