import type { Histogram, Metrics } from "../metrics";
import type { InFlight } from "./in-flight";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"] as const;
const classes = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
const perMethod = classes.length;

/** Counts one answer by the pattern of its route; the series of a route are looked up without making a key. */
export function measureRequests(metrics: Metrics, flights: InFlight) {
  const answers = classes.map((each) => metrics.counter("http_answers_total", { class: each }));
  const routes = new Map<string, (Histogram | undefined)[]>();
  metrics.read("http", () => ({
    http_in_flight_requests: (["forms", "other", "exempt"] as const).map((lane) => ({
      labels: { lane },
      value: flights.count(lane),
    })),
  }));

  return (method: string, route: string, status: number, seconds: number): void => {
    const byClass = Math.min(Math.max(Math.floor(status / 100), 1), perMethod) - 1;
    const known = (methods as readonly string[]).indexOf(method);
    const byMethod = known === -1 ? methods.length - 1 : known;
    let series = routes.get(route);
    if (!series) {
      series = new Array(methods.length * perMethod).fill(undefined);
      routes.set(route, series);
    }
    const slot = byMethod * perMethod + byClass;
    series[slot] ??= metrics.histogram("http_request_seconds", {
      method: methods[byMethod] ?? "other",
      route,
      class: classes[byClass] ?? "5xx",
    });
    series[slot].observe(seconds);
    answers[byClass]?.add();
  };
}
