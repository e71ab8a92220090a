import { createHttpClient, type HttpClient } from "#/kernel/http-client";
import type { HttpClientOptions } from "#/kernel/http-client/create-http-client";
import type { Kernel } from "#/kernel/kernel";
import { certificateOfExamples } from "./tls";

/** One call as the receiver saw it. */
export type Received = { path: string; headers: Headers; body: string };
type Answer = (received: Received) => Response | Promise<Response>;

const thanks: Answer = () => new Response(null, { status: 204 });

/** Somebody's web server on loopback that takes webhooks for the names below `example.com`. It answers 204 until told. */
export function startReceiver() {
  const received: Received[] = [];
  let answer = thanks;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: certificateOfExamples,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname: path } = new URL(request.url);
      const one = { path, headers: request.headers, body: await request.text() };
      received.push(one);
      return answer(one);
    },
  });
  return {
    url: `https://hooks.example.com:${server.port}/in`,
    port: server.port as number,
    received,
    answer(next: Answer) {
      answer = next;
    },
    reset() {
      received.length = 0;
      answer = thanks;
    },
    stop: () => server.stop(true),
  };
}

/**
 * The client of the service, for which every name leads to this machine. Without `isPublic` it is guarded as in
 * service; where that is `() => true`, loopback passes for a public address, so that a receiver can be reached at all.
 */
export const localClient = (
  { log, metrics }: Pick<Kernel, "log" | "metrics">,
  options: Pick<HttpClientOptions, "isPublic" | "resolve"> = {},
): HttpClient =>
  createHttpClient({
    log,
    metrics,
    resolve: async () => ["127.0.0.1"],
    trust: certificateOfExamples.cert,
    ...options,
  });
