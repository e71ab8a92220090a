import { ipMatcher, parseIp } from "../http/ip-address";

/**
 * Ranges that are nobody's on the internet, or everybody's own (IANA, "IPv4 Special-Purpose Address Registry"), and one
 * public address at which Azure answers its own machines only.
 */
const special = ipMatcher([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  // IPv6 inside of 2000::/3: protocol assignments with Teredo, documentation, 6to4, the former 6bone.
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3ffe::/16",
  "3fff::/20",
]);

/** All that was ever given out (IANA, "IPv6 Global Unicast Address Assignments"): no loopback, ULA, link-local, NAT64. */
const globalUnicast = ipMatcher(["2000::/3"]);

/**
 * Whether a stranger may make us connect to this address, in the spelling of the resolver. IPv4 written as IPv6
 * (`::ffff:10.0.0.1`) and addresses with a zone are refused whatever they hold: no resolver needs them.
 */
export function isPublicAddress(address: string): boolean {
  const bytes = address.includes("%") ? undefined : parseIp(address);
  if (!bytes || special(bytes)) return false;
  return address.includes(":") ? bytes.length === 16 && globalUnicast(bytes) : true;
}

/** Names that only a machine or its own network gives a meaning (RFC 6761, RFC 6762, RFC 8375, ICANN on `.internal`). */
export const isLocalName = (name: string): boolean =>
  /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i.test(name);
