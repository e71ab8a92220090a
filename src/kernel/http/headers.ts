import type { Config } from "../config";

/** What a path answers with decides its headers; a route may set some itself. */
export type HeaderClass = "json" | "health" | "sign-in" | "console" | "documentation" | "files" | "images";

const own = "default-src 'none'; frame-ancestors 'none'";
const page =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** The policy of each class. The documentation viewer needs inline styles. */
export const contentSecurityPolicy: Readonly<Record<HeaderClass, string>> = {
  json: own,
  health: own,
  "sign-in": own,
  console: page,
  documentation: page.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
  files: "sandbox; default-src 'none'",
  images: "default-src 'none'; sandbox",
};

/**
 * The policy of a form's own pages (errors, thanks), which a route gives itself. Chromium applies `form-action` to the
 * redirect after a post, so `origins` are those a form may lead to (what is not written like one is left
 * out); `style` is a nonce or hash source.
 */
export function formPagePolicy(style: string, origins: readonly string[] = []): string {
  const targets = origins.filter((origin) => /^https?:\/\/[a-z0-9.:[\]*-]+$/i.test(origin));
  const action = ["'self'", ...new Set(targets)].join(" ");
  return `default-src 'none'; style-src ${style}; form-action ${action}; base-uri 'none'; frame-ancestors 'none'`;
}

const always: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["x-xss-protection", "0"],
  ["cross-origin-opener-policy", "same-origin"],
];

const caching: Readonly<Record<HeaderClass, string>> = {
  json: "no-store",
  health: "no-store",
  "sign-in": "no-store",
  console: "no-store",
  documentation: "no-cache",
  files: "private, no-store",
  images: "public, max-age=31536000, immutable",
};

const sharing: Partial<Record<HeaderClass, string>> = { files: "same-site", images: "cross-origin" };

/** Sets the headers of an answer to the request of this id. */
export type SetHeaders = (headers: Headers, kind: HeaderClass, requestId: string) => void;

/**
 * The last in the chain: sets the headers of security §7 on any answer, whatever it came from. `Cache-Control`,
 * `Content-Security-Policy` and `Referrer-Policy` stay as the route set them; an error is never cached.
 */
export function responseHeaders({ PUBLIC_URL }: Pick<Config, "PUBLIC_URL">): SetHeaders {
  const secure = PUBLIC_URL?.startsWith("https:") ?? false;

  return (headers, kind, requestId) => {
    for (const [name, value] of always) headers.set(name, value);
    headers.set("x-request-id", requestId);
    if (secure) headers.set("strict-transport-security", "max-age=31536000");
    setUnlessSet(headers, "content-security-policy", contentSecurityPolicy[kind]);
    setUnlessSet(headers, "cache-control", caching[kind]);
    setUnlessSet(
      headers,
      "referrer-policy",
      kind === "sign-in" ? "no-referrer" : "strict-origin-when-cross-origin",
    );
    const policy = sharing[kind];
    if (policy) headers.set("cross-origin-resource-policy", policy);
    if (kind === "files") setUnlessSet(headers, "content-disposition", "attachment");
  };
}

function setUnlessSet(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}
