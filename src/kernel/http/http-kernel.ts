import type { AnyElysia } from "elysia";
import type { Config } from "../config";
import type { AppError } from "../errors";
import type { Log } from "../log";
import { createMetrics, type Metrics } from "../metrics";
import { answerErrors } from "./answer-errors";
import { byPath } from "./by-path";
import { apiCors, type CorsPolicy } from "./cors";
import { type HeaderClass, responseHeaders } from "./headers";
import { type Caps, inFlight, type Lane } from "./in-flight";
import { ipMatcher } from "./ip-address";
import type { Forwarding } from "./request-context";
import { type Handler, requestServer } from "./request-server";
import { checkBodies, routeTable } from "./route-table";
import { serveOptions } from "./serve-options";
import type { Voice } from "./voices";

export type HttpOptions = {
  config: Pick<Config, "PUBLIC_URL" | "allowedOrigins" | "production" | "trustedProxies">;
  log: Log;
  /** Default: counted where nobody looks. */
  metrics?: Metrics;
  voiceOf(path: string): Voice;
  /** Default: `health` for `/health` and `/metrics`, else `json`. */
  headersOf?: (path: string) => HeaderClass;
  /** Default: the list of the configuration for every address (`apiCors`). */
  corsOf?: (path: string) => CorsPolicy;
  /** Default: health is exempt, all others share one lane. */
  laneOf?: (path: string, method: string) => Lane;
  /** Refuses a request on arrival, before its body is read, because the lane is saturated; default: never. */
  refusalOf?: (lane: Lane, request: Request) => AppError | undefined;
  /** Requests being answered in a lane beyond which the next are refused with 503; default 2,000 each. */
  maxInFlight?: Partial<Caps>;
  /** While true, every answer asks its client to open another connection: this process is about to stop. */
  isLeaving?: () => boolean;
  /** Told once a forwarding header arrives from a peer that is no trusted proxy. */
  onUntrustedForwarding?: () => void;
};

/**
 * The kernel of the service, for the root app and before anything else: `new Elysia(appOptions).use(httpKernel(…))`.
 * Every request gets an id, a place in flight, the headers of its class, CORS, one log line, and whatever is thrown the
 * voice of its path, also where Elysia itself fails.
 */
export const httpKernel =
  (options: HttpOptions) =>
  <App extends AnyElysia>(app: App): App => {
    const { config, log, voiceOf } = options;
    const policy = apiCors(config);

    // Built at the first request: only then are all routes known.
    let table: ReturnType<typeof routeTable> | undefined;
    const routeOf = (path: string) => {
      if (!table) {
        checkBodies(app.routes);
        table = routeTable(app.routes);
      }
      return table(path);
    };
    const serve = requestServer({
      log,
      metrics: options.metrics ?? createMetrics(),
      voiceOf,
      routeOf,
      headersOf:
        options.headersOf ??
        byPath<HeaderClass>(
          [
            ["/health/*", "health"],
            ["/metrics", "health"],
          ],
          "json",
        ),
      laneOf: options.laneOf ?? byPath<Lane>([["/health/*", "exempt"]], "other"),
      refusalOf: options.refusalOf ?? (() => undefined),
      corsOf: options.corsOf ?? (() => policy),
      setHeaders: responseHeaders(config),
      flights: inFlight({ forms: 2000, other: 2000, ...options.maxInFlight }),
      forwarding: forwardingOf(app, options),
      isLeaving: options.isLeaving ?? (() => false),
    });
    app.wrap((map) => (request: unknown) => serve(map as unknown as Handler, request as Request));
    answerErrors({ log, voiceOf, routeOf })(app);
    return app;
  };

function forwardingOf(app: AnyElysia, { config, log, onUntrustedForwarding }: HttpOptions): Forwarding {
  let seen = false;
  return {
    isTrusted: ipMatcher(config.trustedProxies),
    peerOf: (request) => app.server?.requestIP(request)?.address,
    waitAnew: (request) => app.server?.timeout(request, serveOptions.idleTimeout),
    untrustedSeen() {
      if (seen) return;
      seen = true;
      log("warn", "request.untrusted_forwarding");
      onUntrustedForwarding?.();
    },
  };
}
