import type { Config } from "#/kernel/config";
import { forbidden } from "#/kernel/errors";

type Settings = Pick<Config, "production" | "PUBLIC_URL">;

/** Over plain HTTP, which only a development may use, browsers take neither the prefix nor `Secure`. */
const isSecure = ({ production, PUBLIC_URL }: Settings) =>
  production || (PUBLIC_URL?.startsWith("https:") ?? false);

const nameOf = (settings: Settings) => `${isSecure(settings) ? "__Host-" : ""}gatehouse_refresh`;

/** `Set-Cookie` with the refresh token, for as many seconds; 0 removes it (RFC 6265bis). */
export function refreshCookie(settings: Settings, token: string, seconds: number): string {
  const secure = isSecure(settings) ? "; Secure" : "";
  return `${nameOf(settings)}=${token}; Path=/; Max-Age=${seconds}${secure}; HttpOnly; SameSite=Strict`;
}

/**
 * The refresh token of the cookie; undefined where there is none. Refuses with 403 `cross_site` unless the request is
 * from a page of our own: other origins of one site are let through by `SameSite`.
 */
export function readRefreshCookie(settings: Settings, headers: Headers): string | undefined {
  const prefix = `${nameOf(settings)}=`;
  const cookies = headers.get("cookie")?.split(";") ?? [];
  const token = cookies.map((one) => one.trim()).find((one) => one.startsWith(prefix));
  if (token === undefined) return;
  if (!isOurOwn(settings, headers))
    throw forbidden("cross_site", "Another site may not use the cookie of a sign-in");
  return token.slice(prefix.length);
}

function isOurOwn({ PUBLIC_URL }: Settings, headers: Headers): boolean {
  if (headers.get("sec-fetch-site") === "same-origin") return true;
  return PUBLIC_URL !== undefined && headers.get("origin") === new URL(PUBLIC_URL).origin;
}
