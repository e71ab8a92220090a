import { type AnyElysia, NotFoundError } from "elysia";
import { AppError } from "../errors";
import type { Log } from "../log";
import { answerRefusal } from "./answer-refusal";
import { pathOf } from "./by-path";
import type { RouteEntry } from "./route-table";
import type { Voice } from "./voices";

type Needs = {
  log: Log;
  voiceOf(path: string): Voice;
  routeOf(path: string): RouteEntry | undefined;
};

/**
 * Answers whatever is thrown, in the words of the surface. First of all hooks: one covers only what follows it. A known
 * address with another method is 405 with `Allow`; OPTIONS on one is 204.
 */
export const answerErrors =
  (needs: Needs) =>
  (app: AnyElysia): AnyElysia =>
    app.onError({ as: "global" }, ({ error, request, set }) => {
      const reason = error instanceof NotFoundError ? unmatched(request, needs.routeOf) : error;
      if (reason instanceof Response) return reason;

      const { status, headers, body } = answerRefusal(needs, request, reason);
      set.status = status;
      Object.assign(set.headers, headers);
      return body;
    });

/** Elysia answers 404 wherever no route takes the request; the methods of the address tell what it is. */
function unmatched(request: Request, routeOf: Needs["routeOf"]): unknown {
  const allow = routeOf(pathOf(request.url))?.methods;
  if (!allow) return new NotFoundError();
  if (request.method === "OPTIONS")
    return new Response(null, { status: 204, headers: { allow: allow.join(", ") } });
  if (allow.includes(request.method)) return new NotFoundError();
  return new AppError(405, "method_not_allowed", "This address does not take the method", { allow });
}
