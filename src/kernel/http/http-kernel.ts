import type { AnyElysia } from "elysia";
import type { Config } from "../config";
import type { Log } from "../log";
import { answerErrors } from "./answer-errors";
import { answerRefusal } from "./answer-refusal";
import { releaseBytes } from "./body-budget";
import { byPath, pathOf } from "./by-path";
import { addCors, answerPreflight, apiCors, type CorsPolicy } from "./cors";
import { type HeaderClass, responseHeaders } from "./headers";
import { inFlight, type Lane } from "./in-flight";
import { ipMatcher } from "./ip-address";
import { logRequests } from "./log-requests";
import { type Forwarding, openContext, type RequestContext } from "./request-context";
import { checkBodies, routeTable } from "./route-table";
import type { Voice } from "./voices";

export type HttpOptions = {
  config: Pick<Config, "PUBLIC_URL" | "allowedOrigins" | "production" | "trustedProxies">;
  log: Log;
  voiceOf(path: string): Voice;
  /** Default: `health` for `/health`, else `json`. */
  headersOf?: (path: string) => HeaderClass;
  /** Default: the list of the configuration for every address (`apiCors`). */
  corsOf?: (path: string) => CorsPolicy;
  /** Default: health is exempt, all others share one lane. */
  laneOf?: (path: string) => Lane;
  /** Requests being answered in one lane beyond which the next are refused with 503; default 2,000. */
  maxInFlight?: number;
  /** While true, every answer asks its client to open another connection: this process is about to stop. */
  isLeaving?: () => boolean;
  /** Told once a forwarding header arrives from a peer that is no trusted proxy. */
  onUntrustedForwarding?: () => void;
};

const defaults = {
  headersOf: byPath<HeaderClass>([["/health/*", "health"]], "json"),
  laneOf: byPath<Lane>([["/health/*", "exempt"]], "other"),
};

/**
 * The kernel of the service, for the root app and before anything else: `new Elysia(appOptions).use(httpKernel(…))`.
 * Every request gets an id, a place in flight, the headers of its class, CORS, one log line, and whatever is thrown the
 * voice of its path, also where Elysia itself fails.
 */
export const httpKernel =
  (options: HttpOptions) =>
  <App extends AnyElysia>(app: App): App => {
    const { config, log, voiceOf, maxInFlight = 2000 } = options;
    const headersOf = options.headersOf ?? defaults.headersOf;
    const laneOf = options.laneOf ?? defaults.laneOf;
    const policy = apiCors(config);
    const corsOf = options.corsOf ?? (() => policy);
    const setHeaders = responseHeaders(config);
    const flights = inFlight(maxInFlight);
    const logRequest = logRequests(log);
    const forwarding = forwardingOf(app, options);

    // Built at the first request: only then are all routes known.
    let table: ReturnType<typeof routeTable> | undefined;
    const routeOf = (path: string) => {
      if (!table) {
        checkBodies(app.routes);
        table = routeTable(app.routes);
      }
      return table(path);
    };
    const refuse = (request: Request, error: unknown) => {
      const { body, ...init } = answerRefusal({ log, voiceOf }, request, error);
      return new Response(body, init);
    };

    type Served = { request: Request; context: RequestContext; path: string; lane: Lane; entered: boolean };

    const finish = (served: Served, answer: Response): Response => {
      const { request, context, path, lane } = served;
      const response = request.method === "HEAD" && answer.body ? new Response(null, answer) : answer;
      setHeaders(response.headers, response.status >= 400 ? "json" : headersOf(path), context.id);
      addCors(request, response.headers, corsOf(path));
      if (options.isLeaving?.()) response.headers.set("connection", "close");
      if (served.entered) flights.leave(lane);
      releaseBytes(context);
      logRequest(request.method, context, response.status, lane);
      return response;
    };

    const serve = (map: Handler, request: Request): Response | Promise<Response> => {
      const path = pathOf(request.url);
      const context = openContext(request, forwarding);
      const served: Served = { request, context, path, lane: laneOf(path), entered: false };
      try {
        const entry = routeOf(path);
        if (entry) context.route = entry.pattern;
        flights.enter(served.lane);
        served.entered = true;
        const answer = (entry && answerPreflight(request, corsOf(path), entry.methods)) ?? map(request);
        if (!(answer instanceof Promise)) return finish(served, answer);
        return answer.then(
          (response) => finish(served, response),
          (error) => finish(served, refuse(request, error)),
        );
      } catch (error) {
        return finish(served, refuse(request, error));
      }
    };

    app.wrap((map) => (request: unknown) => serve(map as unknown as Handler, request as Request));
    answerErrors({ log, voiceOf, routeOf })(app);
    return app;
  };

type Handler = (request: Request) => Response | Promise<Response>;

function forwardingOf(app: AnyElysia, { config, log, onUntrustedForwarding }: HttpOptions): Forwarding {
  let seen = false;
  return {
    isTrusted: ipMatcher(config.trustedProxies),
    peerOf: (request) => app.server?.requestIP(request)?.address,
    untrustedSeen() {
      if (seen) return;
      seen = true;
      log("warn", "request.untrusted_forwarding");
      onUntrustedForwarding?.();
    },
  };
}
