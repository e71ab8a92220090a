import { describe, expect, test } from "bun:test";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { formatIp, ipMatcher, parseCidr, parseIp } from "#/kernel/http";
import { clientAddress } from "#/kernel/http/client-address";

const proxies = ipMatcher(["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"]);
const from = (peer: string | undefined, forwarded?: string) =>
  clientAddress(
    new Request(
      "http://localhost/",
      forwarded === undefined ? {} : { headers: { "x-forwarded-for": forwarded } },
    ),
    peer,
    proxies,
  );

describe("the client", () => {
  test.each([
    ["a stranger", "203.0.113.9", undefined, "203.0.113.9", "203.0.113.9"],
    ["a stranger who forges a header", "203.0.113.9", "198.51.100.7", "203.0.113.9", "203.0.113.9"],
    ["an IPv4 peer in IPv6 spelling", "::ffff:203.0.113.9", undefined, "203.0.113.9", "203.0.113.9"],
    ["behind a proxy", "127.0.0.1", "198.51.100.7", "198.51.100.7", "198.51.100.7"],
    ["behind a proxy in IPv6 spelling", "::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7", "198.51.100.7"],
    ["behind two proxies", "127.0.0.1", "198.51.100.7, 10.1.2.3", "198.51.100.7", "198.51.100.7"],
    [
      "who forges the left of the list",
      "127.0.0.1",
      "1.1.1.1, 198.51.100.7, 10.1.2.3",
      "198.51.100.7",
      "198.51.100.7",
    ],
    ["who forges a proxy's address", "127.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7", "198.51.100.7"],
    ["behind a proxy that sends rubbish", "10.0.0.1", "unknown", "10.0.0.1", "10.0.0.1"],
    ["behind rubbish and a proxy", "127.0.0.1", "8.8.8.8, <x>, 10.0.0.2", "10.0.0.2", "10.0.0.2"],
    ["a proxy itself", "10.0.0.1", undefined, "10.0.0.1", "10.0.0.1"],
    ["with a port", "127.0.0.1", "198.51.100.7:4711", "198.51.100.7", "198.51.100.7"],
    ["over IPv6 with a port", "127.0.0.1", "[2001:db8::1]:4711", "2001:db8:0:0:0:0:0:1", "2001:db8:0:0::/64"],
    ["over IPv6", "2001:DB8:1:2:3:4:5:6", undefined, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["over IPv6 with a zone", "fe80::1%eth0", undefined, "fe80:0:0:0:0:0:0:1", "fe80:0:0:0::/64"],
    ["over a unix socket behind a proxy", undefined, "198.51.100.7", "198.51.100.7", "198.51.100.7"],
  ])("%s is found", (_, peer, forwarded, address, key) => {
    expect(from(peer, forwarded)).toMatchObject({ address, key });
  });

  test("of one IPv6 network is one, of the next network another", () => {
    const keys = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"].map((peer) => from(peer).key);

    expect(new Set(keys).size).toBe(2);
  });

  test("says when a header came from a peer that is no proxy", () => {
    expect(from("203.0.113.9", "1.1.1.1").untrustedForwarding).toBe(true);
    expect(from("203.0.113.9").untrustedForwarding).toBe(false);
    expect(from("127.0.0.1", "1.1.1.1").untrustedForwarding).toBe(false);
  });

  test("behind a proxy is never moved by what stands further left", () => {
    const anyList = fc.array(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.string().filter((text) => !/[^\x20-\x7e]/.test(text)),
      ),
    );
    fc.assert(
      fc.property(anyList, (forged) => {
        expect(from("127.0.0.1", [...forged, "198.51.100.7"].join(",")).address).toBe("198.51.100.7");
      }),
    );
  });
});

describe("an address", () => {
  test("is read exactly when Node takes it for one", () => {
    const almost = fc
      .array(fc.constantFrom(..."0123456789abcdefF:::..%/ "), { maxLength: 24 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almost), (text) => {
        const withoutZone = text.split("%", 1)[0] as string;
        const taken = text.includes(":") ? isIPv6(withoutZone) : isIPv4(text);
        expect(parseIp(text) !== undefined).toBe(taken);
      }),
      { numRuns: 2000 },
    );
  });

  test("reads back to the same bytes however it is spelled", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = parseIp(text) ?? [];
        expect(parseIp(formatIp(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe("a range", () => {
  test.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["192.168.1.128/25", "192.168.1.127", false],
    ["192.168.1.128/25", "192.168.1.200", true],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::ffff:10.0.0.0/104", "10.1.1.1", true],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["nonsense", "10.0.0.1", false],
  ])("%s holds %s: %p", (range, address, held) => {
    expect(ipMatcher([range])(parseIp(address) ?? [])).toBe(held);
  });

  test.each(["10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "x", "", "10.0.0.0/"])(
    "%p is none",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
});
