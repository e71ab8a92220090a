import { type Encoding, encodePost, encodings } from "../../support/encode-post";
import { contact, doors } from "../../support/sample-posts";

/** One request of the mix, and the statuses that are right. */
export type Planned = { kind: string; path: string; init?: RequestInit; right: readonly number[] };

export const metricsToken = "soak-soak-soak-soak-soak-soak-soak";

const json = { "content-type": "application/json" };
const browser = { accept: "text/html,application/xhtml+xml" };
let made = 0;

const oneOf = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

/** A message of any form, at any of its addresses, in any encoding, from a browser or a program. */
async function validPost(): Promise<Planned> {
  const { door, valid } = oneOf(doors);
  const encoding: Encoding = oneOf(encodings);
  const who = `${(++made * 2654435761) % 2 ** 32}`;
  const fields = {
    ...valid,
    email: `ada.${who}@example.com`,
    note: `Number ${made} ${"and so on ".repeat(made % 40)}`,
  };
  const { bytes, type } = await encodePost(fields, encoding);
  const headers = { "content-type": type, ...(made % 3 === 0 && browser) };
  const init: RequestInit = { method: "POST", headers, body: bytes, redirect: "manual" };
  return { kind: "posts", path: door, init, right: [200, 303] };
}

const post = (
  path: string,
  body: string,
  right: number,
  headers: Record<string, string> = json,
): Planned => ({
  kind: "refused posts",
  path,
  init: { method: "POST", headers, body },
  right: [right],
});

const refused: readonly Planned[] = [
  post("/api/contact", JSON.stringify({ ...contact, name: " " }), 400),
  post("/api/contact", JSON.stringify({ ...contact, email: "ada at example" }), 400),
  post("/api/contact", '{"name":', 400),
  post("/api/contact", "<xml/>", 415, { "content-type": "application/xml" }),
  post("/api/v1/waitlist", "{}", 400),
  post("/api/v1/waitlist", '{"name":"Ada"}', 422),
  post("/f/contact", "name=Ada", 400, { "content-type": "application/x-www-form-urlencoded", ...browser }),
  post("/f/contact", JSON.stringify({ ...contact, message: "x".repeat(2 ** 20) }), 413),
  post("/f/nowhere", JSON.stringify(contact), 404),
];

const get = (kind: string, path: string, right = 200, headers: Record<string, string> = {}): Planned => ({
  kind,
  path,
  init: { headers },
  right: [right],
});

const pages = [
  get("pages", "/f/contact", 200, browser),
  get("pages", "/f/quote-request", 200, { ...browser, "accept-language": "de" }),
  get("pages", "/f/contact/thanks", 200, browser),
  get("pages", "/", 200, browser),
  get("pages", "/nowhere", 404, browser),
];
const health = [get("health", "/health"), get("health", "/api/v1/readyz"), get("health", "/health/db")];
const docs = [get("docs", "/docs"), get("docs", "/docs/json"), get("docs", "/api/v1/docs")];
const metrics = [
  get("metrics", "/metrics", 200, { authorization: `Bearer ${metricsToken}` }),
  get("metrics", "/metrics", 401),
];

/** How a busy site is used: of a hundred requests, so many of each kind. */
export function planRequest(): Planned | Promise<Planned> {
  const at = Math.random() * 100;
  if (at < 20) return validPost();
  if (at < 40) return oneOf(refused);
  if (at < 70) return oneOf(pages);
  if (at < 90) return oneOf(health);
  return oneOf(at < 96 ? docs : metrics);
}
