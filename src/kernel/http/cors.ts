import type { Config } from "../config";
import { AppError } from "../errors";
import { originAllowed, parseOrigin } from "./origins";

/** Who may read the answers of an address from a page elsewhere. `open`: every origin, without credentials. */
export type CorsPolicy = { open: boolean; allowed: readonly string[]; publicUrl: string | undefined };

type HeaderList = readonly (readonly [name: string, value: string])[];

const exposed = "Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, X-Request-Id";
const asked = "content-type, idempotency-key, x-requested-with, authorization";
const none: HeaderList = [];
const opened: HeaderList = [
  ["access-control-allow-origin", "*"],
  ["access-control-expose-headers", exposed],
];

/** Public forms: the list, or every site where nothing is listed. */
export const formsCors = ({
  PUBLIC_URL,
  allowedOrigins,
}: Pick<Config, "PUBLIC_URL"> & { allowedOrigins: readonly string[] }): CorsPolicy => ({
  open: allowedOrigins.length === 0 || allowedOrigins.includes("*"),
  allowed: allowedOrigins,
  publicUrl: PUBLIC_URL,
});

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Everything else: the list alone. Outside production an empty list lets pages on this machine in, on any port. */
export const apiCors = (
  config: Pick<Config, "PUBLIC_URL" | "allowedOrigins" | "production">,
): CorsPolicy => ({
  open: false,
  allowed: config.allowedOrigins.length > 0 || config.production ? config.allowedOrigins : anyLoopback,
  publicUrl: config.PUBLIC_URL,
});

const anyLoopback: readonly string[] = [];

/** Whether the policy lets this origin read. `null`, the origin of sandboxes and local files, only in open mode. */
export function admits({ open, allowed, publicUrl }: CorsPolicy, origin: string): boolean {
  if (open || originAllowed(origin, allowed, publicUrl)) return true;
  return allowed === anyLoopback && loopback.includes(parseOrigin(origin)?.hostname ?? "");
}

/** The headers for an answer to `origin`, on every status; none when it may not read. Never credentials. */
export function corsHeaders(policy: CorsPolicy, origin: string): HeaderList {
  if (policy.open) return opened;
  if (!admits(policy, origin)) return none;
  return [
    ["access-control-allow-origin", origin],
    ["access-control-expose-headers", exposed],
  ];
}

/**
 * Answers a browser that asks before it sends (Fetch standard, "CORS-preflight fetch"); undefined for any other request.
 * `corsHeaders` are added as to every answer. Refuses an origin that is not listed with 403 `origin_refused`.
 */
export function answerPreflight(
  { method, headers }: Request,
  policy: CorsPolicy,
  methods: readonly string[],
): Response | undefined {
  const origin = headers.get("origin");
  if (method !== "OPTIONS" || origin === null || !headers.has("access-control-request-method")) return;
  if (!admits(policy, origin)) throw new AppError(403, "origin_refused", "This site may not send here");
  const allow = methods.join(", ");
  return new Response(null, {
    status: 204,
    headers: {
      allow,
      "access-control-allow-methods": allow,
      "access-control-allow-headers": asked,
      "access-control-max-age": "600",
    },
  });
}

/** Sets the CORS headers of an answer. `Vary` says that a listed origin's answer is not everybody's. */
export function addCors(request: Request, headers: Headers, policy: CorsPolicy): void {
  if (!policy.open && !/\borigin\b/i.test(headers.get("vary") ?? "")) headers.append("vary", "Origin");
  const origin = request.headers.get("origin");
  if (origin === null) return;
  for (const [name, value] of corsHeaders(policy, origin)) headers.set(name, value);
}
