/**
 * The body under its entity tag, or 304 where the client has it already (RFC 9110 §13.1.2). `etag` is without quotes.
 */
export function answerCached(
  request: Request,
  etag: string,
  headers: Record<string, string>,
  body: string | Blob | Uint8Array<ArrayBuffer>,
): Response {
  const all = { ...headers, etag: `"${etag}"` };
  const known = (request.headers.get("if-none-match") ?? "").split(",").map((one) => one.trim());
  const isKnown = known.some((one) => one === "*" || one.replace(/^W\//, "") === all.etag);
  return isKnown ? new Response(null, { status: 304, headers: all }) : new Response(body, { headers: all });
}

/** An entity tag for a text that is the same for everybody. */
export const tagOf = (text: string): string => Bun.hash(text).toString(36);
