import { isIP } from "node:net";
import { AppError } from "#/kernel/errors";
import { isLocalName, isPublicAddress } from "#/kernel/http-client/public-address";

const MAX_LENGTH = 2048;

/**
 * The address as it is called, without a fragment. Refuses with 422 what can never be called: it must be https, without
 * a password, and not of a private network. That is for the typist's sake alone; the guard of the HTTP client looks at
 * what a name resolves to, at every call.
 */
export function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (!url) throw badUrl("invalid_url", "This is not a web address");
  if (url.protocol !== "https:") throw badUrl("not_https", "The address must begin with https://");
  if (url.username !== "" || url.password !== "")
    throw badUrl("has_credentials", "The address must hold no user name and no password");
  url.hash = "";
  if (url.href.length > MAX_LENGTH) throw badUrl("too_long", "This text is too long");
  if (isPrivate(url.hostname))
    throw badUrl("private_address", "The address must be reachable from everywhere");
  return url.href;
}

/** An address of a network that is not the public one, however it was written, or a name that only such a network has. */
function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return !isPublicAddress(host);
  return isLocalName(host) || !host.replace(/\.$/, "").includes(".");
}

const badUrl = (code: string, detail: string) =>
  new AppError(422, "invalid", "Some fields need attention", { errors: [{ field: "url", code, detail }] });
