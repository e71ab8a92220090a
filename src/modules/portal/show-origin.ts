import { isIPv4, isIPv6 } from "node:net";

type Details = { readonly [name: string]: unknown } | null;

/** What is said of a browser: its family. The order matters, since most call themselves several names. */
const families = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
] as const;

/** Where an event came from, as its person needs it: the network and the browser, no more. */
export function showOrigin(details: Details): { ip: string | null; agent: string | null } {
  const { ip, agent } = details ?? {};
  return {
    ip: typeof ip === "string" ? networkOf(ip) : null,
    agent:
      typeof agent === "string" ? (families.find(([mark]) => agent.includes(mark))?.[1] ?? "Other") : null,
  };
}

/** /24 of an IPv4 address, /48 of an IPv6 one. */
function networkOf(ip: string): string | null {
  if (isIPv4(ip)) return `${ip.split(".").slice(0, 3).join(".")}.0/24`;
  if (!isIPv6(ip)) return null;
  const [head = ""] = ip.split("::");
  const groups = head.split(":").filter(Boolean).slice(0, 3);
  return `${groups.join(":")}::/48`;
}
