import { isSpoken, type Language } from "./languages";
import { isJson } from "./read-body";

/** `Vary` of every answer of a form: what the choice between page and JSON, and CORS, depend on. */
export const formVary = "Origin, Accept, X-Requested-With, Sec-Fetch-Mode";

/**
 * Whether this caller gets a page (and redirects) rather than JSON. `wantsJson` is the control field
 * `_format=json`. A script that follows a redirect to a page without CORS headers would show an error for a
 * message that arrived, so whatever looks like a script gets JSON.
 */
export function wantsPage(headers: Headers, wantsJson = false): boolean {
  if (wantsJson || isJson(headers.get("content-type"))) return false;
  if (headers.get("x-requested-with")?.toLowerCase() === "xmlhttprequest") return false;
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null && mode !== "navigate") return false;
  const accepted = readAccept(headers.get("accept") ?? "");
  const html = accepted.get("text/html") ?? 0;
  return html > 0 && html >= qualityOf(accepted, "application/json");
}

/** RFC 9110 §12.5.1: the most specific range that matches decides. */
function qualityOf(accepted: Map<string, number>, type: string): number {
  const group = `${type.slice(0, type.indexOf("/"))}/*`;
  return accepted.get(type) ?? accepted.get(group) ?? accepted.get("*/*") ?? 0;
}

/**
 * The language of messages, pages and mails: the field `_language`, else `Accept-Language`, else the form's,
 * else English; the first that is spoken here. `de-AT` counts as `de`.
 */
export function chooseLanguage(
  asked: string | undefined,
  acceptLanguage: string | null,
  formLanguage: string | undefined,
): Language {
  const wishes = acceptLanguage ? [...readAccept(acceptLanguage)].filter(([, q]) => q > 0) : [];
  wishes.sort(([, one], [, other]) => other - one);
  for (const tag of [asked, ...wishes.map(([name]) => name), formLanguage]) {
    const language = tag?.split("-", 1)[0]?.toLowerCase() ?? "";
    if (isSpoken(language)) return language;
  }
  return "en";
}

/** Reads a list of choices with `q` values, as `Accept` and `Accept-Language` have it; at most 50 are read. */
function readAccept(header: string): Map<string, number> {
  const accepted = new Map<string, number>();
  for (const item of header.slice(0, 2000).split(",", 50)) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name === "") continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const quality = weight === undefined ? 1 : Number(weight);
    accepted.set(name, quality >= 0 && quality <= 1 ? quality : 0);
  }
  return accepted;
}
