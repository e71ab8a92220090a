import { prefersHtml } from "./accept";
import { isJson } from "./media-type";

/**
 * Whether a person is at the other end, who gets a page and may be redirected, rather than a program or a page's
 * script. A script that follows a redirect to a page without CORS headers would show an error for a message that
 * arrived, so whatever looks like one gets JSON.
 */
export function wantsPage(headers: Headers): boolean {
  const type = headers.get("content-type");
  if (type !== null && isJson(type)) return false;
  if (headers.get("x-requested-with")?.toLowerCase() === "xmlhttprequest") return false;
  const mode = headers.get("sec-fetch-mode");
  return (mode === null || mode === "navigate") && prefersHtml(headers.get("accept"));
}
