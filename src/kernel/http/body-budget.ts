import { AppError } from "../errors";
import { contextOf, type RequestContext } from "./request-context";

/** Bytes of bodies that the whole process may hold at one time. */
export const bodyBudget = 64 * 1024 * 1024;

let held = 0;

/** Bytes held now, over all requests. */
export const heldBytes = () => held;

/** Counts bytes to a request until it is answered. Refuses with 503 `overloaded` beyond the budget. */
export function holdBytes(request: Request, bytes: number): void {
  const context = contextOf(request);
  if (context.phase === "apart") return;
  // A body may still arrive after its reader gave up; what nobody will give back is not counted.
  if (context.phase === "answered" || held + bytes > bodyBudget) {
    throw new AppError(503, "overloaded", "Too busy to take this in now, try again shortly", {
      retryAfter: 2,
    });
  }
  held += bytes;
  context.bodyBytes += bytes;
}

/** Gives back what the request held; the kernel calls it once, when the answer is ready. */
export function releaseBytes(context: RequestContext): void {
  context.phase = "answered";
  held -= context.bodyBytes;
}
