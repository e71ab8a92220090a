import { formatIp, type IpBytes, networkKey, parseIp } from "./ip-address";

/** Who sent a request. `key` counts for limits (IPv4 address or IPv6 /64), `address` is the whole one. */
export type Client = {
  address: string;
  key: string;
  /** A forwarding header arrived from a peer that is no trusted proxy: everybody behind it looks like one client. */
  untrustedForwarding: boolean;
};

/**
 * The right-most address of `X-Forwarded-For` that is no trusted proxy, and only when the peer is one; else the peer.
 * Whatever stands further left is the sender's own claim. Without a peer (a unix socket) it is 127.0.0.1.
 */
export function clientAddress(
  request: Request,
  peer: string | undefined,
  isTrusted: (address: IpBytes) => boolean,
): Client {
  const forwarded = request.headers.get("x-forwarded-for");
  let bytes = peerAddress(peer);
  if (!isTrusted(bytes)) {
    return describe(bytes, forwarded !== null || request.headers.has("forwarded"));
  }
  const hops = forwarded?.split(",") ?? [];
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = parseIp(withoutPort(hops[i] as string));
    // A hop that is no address ends what can be believed: the last proxy that could be read stands for the client.
    if (!hop) break;
    bytes = hop;
    if (!isTrusted(hop)) break;
  }
  return describe(bytes, false);
}

/** The peer as bytes; over a unix socket there is none, and whoever may open that is on this machine. */
export const peerAddress = (peer: string | undefined): IpBytes => parseIp(peer ?? "") ?? [127, 0, 0, 1];

const describe = (bytes: IpBytes, untrustedForwarding: boolean): Client => ({
  address: formatIp(bytes),
  key: networkKey(bytes),
  untrustedForwarding,
});

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const text = hop.trim();
  if (text.startsWith("[")) return text.slice(1, text.indexOf("]"));
  const colon = text.indexOf(":");
  return colon !== -1 && colon === text.lastIndexOf(":") ? text.slice(0, colon) : text;
}
