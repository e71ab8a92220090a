import type { AppError } from "../errors";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import { answerRefusal } from "./answer-refusal";
import { releaseBytes } from "./body-budget";
import { pathOf } from "./by-path";
import { addCors, answerPreflight, type CorsPolicy } from "./cors";
import type { HeaderClass, SetHeaders } from "./headers";
import type { InFlight, Lane } from "./in-flight";
import { logRequests } from "./log-requests";
import { measureRequests } from "./measure-requests";
import { paceRefusals } from "./pace-refusals";
import { type Forwarding, openContext, type RequestContext } from "./request-context";
import type { RouteEntry } from "./route-table";
import type { Voice } from "./voices";

/** Elysia's own way from request to response. */
export type Handler = (request: Request) => Response | Promise<Response>;

type Needs = {
  log: Log;
  metrics: Metrics;
  voiceOf(path: string): Voice;
  routeOf(path: string): RouteEntry | undefined;
  headersOf(path: string): HeaderClass;
  laneOf(path: string, method: string): Lane;
  refusalOf(lane: Lane, request: Request): AppError | undefined;
  corsOf(path: string): CorsPolicy;
  setHeaders: SetHeaders;
  flights: InFlight;
  forwarding: Forwarding;
  isLeaving(): boolean;
};

type Served = { request: Request; context: RequestContext; path: string; lane: Lane; entered: boolean };

/**
 * What stands around Elysia: a context and a place in flight before it, headers, the log line and the metrics after it. It answers
 * even where Elysia's error handler is passed by (a header value that cannot be sent).
 */
export function requestServer(
  needs: Needs,
): (handler: Handler, request: Request) => Response | Promise<Response> {
  const { flights, routeOf, laneOf, corsOf } = needs;
  const logRequest = logRequests(needs.log);
  const measure = measureRequests(needs.metrics, flights);
  const pace = paceRefusals();

  const refuse = (request: Request, error: unknown): Response => {
    const { body, ...init } = answerRefusal(needs, request, error);
    return new Response(body, init);
  };
  /** 503 before anything was read, and not sooner than is good for those who are being served. */
  const refuseLoad = (request: Request, refusal: AppError): Response | Promise<Response> => {
    const paced = pace(request);
    return paced ? paced.then(() => refuse(request, refusal)) : refuse(request, refusal);
  };
  const finish = ({ request, context, path, lane, entered }: Served, answer: Response): Response => {
    if (entered) flights.leave(lane);
    const response = request.method === "HEAD" && answer.body ? new Response(null, answer) : answer;
    needs.setHeaders(response.headers, response.status >= 400 ? "json" : needs.headersOf(path), context.id);
    addCors(request, response.headers, corsOf(path));
    if (needs.isLeaving()) response.headers.set("connection", "close");
    const ms = performance.now() - context.startedAt;
    logRequest(request.method, context, response.status, lane, ms);
    measure(request.method, context.route, response.status, ms / 1000);
    releaseBytes(context);
    return response;
  };

  return (handler, request) => {
    const path = pathOf(request.url);
    const context = openContext(request, needs.forwarding);
    const served: Served = { request, context, path, lane: laneOf(path, request.method), entered: false };
    let answer: Response | Promise<Response>;
    try {
      const entry = routeOf(path);
      if (entry) context.route = entry.pattern;
      const refusal = needs.refusalOf(served.lane, request) ?? flights.enter(served.lane);
      served.entered = refusal === undefined;
      answer = refusal
        ? refuseLoad(request, refusal)
        : ((entry && answerPreflight(request, corsOf(path), entry.methods)) ?? handler(request));
    } catch (error) {
      answer = refuse(request, error);
    }
    if (!(answer instanceof Promise)) return finish(served, answer);
    return answer.then(
      (response) => finish(served, response),
      (error) => finish(served, refuse(request, error)),
    );
  };
}
