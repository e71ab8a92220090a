import type { HttpCall } from "./contract";
import { isLocalName } from "./public-address";

export type Target = { url: URL; secure: boolean /** Without brackets. */; host: string; port: number };

/**
 * Where a call goes, or undefined where it may not: `https:` only, or `http:` too for a host that the operator named;
 * never a sign-in in the address. Odd spellings of IPv4 (`0x7f.1`, `2130706433`) are addresses from here on.
 */
export function readTarget({ url: text, target }: Pick<HttpCall, "url" | "target">): Target | undefined {
  const url = URL.parse(text);
  if (url?.username !== "" || url.password !== "" || url.hostname === "") return;
  const secure = url.protocol === "https:";
  if (!secure && !(url.protocol === "http:" && target === "configured")) return;
  if (target === "public" && isLocalName(url.hostname)) return;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { url, secure, host, port: Number(url.port) || (secure ? 443 : 80) };
}
