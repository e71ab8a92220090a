import { isIP } from "node:net";

/** The networks of this very machine. */
export const loopback: readonly string[] = ["127.0.0.0/8", "::1/128"];

/** Whether the text is an IPv4 or IPv6 address, or one with a prefix length (CIDR, RFC 4632 and RFC 4291). */
export function isNetwork(text: string): boolean {
  const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Whether a server that listens on this host is reached from its own machine only. */
export const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
