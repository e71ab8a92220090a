import { AppError } from "../errors";
import { contextOf, type RequestContext } from "./request-context";

/** Bytes of bodies that the whole process may hold at one time. */
export const bodyBudget = 64 * 1024 * 1024;

/**
 * Of that, what bodies may hold together that came in pieces to a route for small ones. So a flood of those takes an
 * eighth of the memory, and no room from messages of usual length.
 */
const piecesBudget = 8 * 1024 * 1024;

let held = 0;
let heldInPieces = 0;

/** Bytes held now, over all requests. */
export const heldBytes = () => held;

/**
 * Counts bytes to a request until it is answered; `inPieces` those that fall under the smaller budget. Refuses with 503
 * `overloaded` beyond it.
 */
export function holdBytes(request: Request, bytes: number, { inPieces = false } = {}): void {
  const context = contextOf(request);
  if (context.phase === "apart") return;
  const isFull = held + bytes > bodyBudget || (inPieces && heldInPieces + bytes > piecesBudget);
  // A body may still arrive after its reader gave up; what nobody will give back is not counted.
  if (context.phase === "answered" || isFull) {
    throw new AppError(503, "overloaded", "Too busy to take this in now, try again shortly", {
      retryAfter: 2,
    });
  }
  held += bytes;
  context.bodyBytes += bytes;
  if (!inPieces) return;
  heldInPieces += bytes;
  context.bytesInPieces += bytes;
}

/** Gives back what the request held; the kernel calls it once, when the answer is ready. */
export function releaseBytes(context: RequestContext): void {
  context.phase = "answered";
  held -= context.bodyBytes;
  heldInPieces -= context.bytesInPieces;
}
