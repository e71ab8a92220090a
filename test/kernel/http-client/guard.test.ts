import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { createHttpClient, type HttpResult } from "#/kernel/http-client";
import { isPublicAddress } from "#/kernel/http-client/public-address";
import { createMetrics } from "#/kernel/metrics";
import { startFaultyVendor } from "../../support/fakes/faulty-vendor";
import { certificate } from "../../support/tls";

/** What an attacker wants to reach: it listens on loopback, speaks TLS, and its certificate is trusted here. */
const inside = await startFaultyVendor({ tls: true });
afterAll(inside.stop);
const plain = await startFaultyVendor();
afterAll(plain.stop);

const build = (options: Partial<Parameters<typeof createHttpClient>[0]> = {}) =>
  createHttpClient({ log: () => {}, metrics: createMetrics(), trust: certificate.cert, ...options });

type Client = ReturnType<typeof createHttpClient>;
let run = 0;
const call = (client: Client, url: string, target: "public" | "configured" = "public") =>
  client.call({
    integration: "webhook",
    operation: "deliver",
    breaker: `endpoint ${++run}`,
    method: "POST",
    url,
    body: "{}",
    target,
    firstByteMs: 1_000,
    totalMs: 1_000,
  });

const refused: HttpResult = { kind: "failed", code: "address", written: false };

beforeEach(() => {
  inside.requests.length = 0;
  plain.requests.length = 0;
});

/** Where the port is left out, that of the server inside. */
const hostile: readonly string[] = [
  // Loopback, and spellings of it that resolvers and browsers take.
  "https://127.0.0.1",
  "https://127.1",
  "https://127.0.1",
  "https://127.255.255.254",
  "https://2130706433",
  "https://0x7f000001",
  "https://0x7f.0.0.1",
  "https://0177.0.0.1",
  "https://017700000001",
  "https://127.0.0.1.",
  "https://%31%32%37.0.0.1",
  "https://①②⑦.⓪.⓪.①",
  "https://127。0。0。1",
  "https://0",
  "https://0.0.0.0",
  "https://[::1]",
  "https://[0:0:0:0:0:0:0:1]",
  "https://[::]",
  "https://localhost",
  "https://LOCALHOST",
  "https://localhost.",
  "https://ｌｏｃａｌｈｏｓｔ",
  "https://api.localhost",
  // IPv4 in the clothes of IPv6: mapped, compatible, NAT64, 6to4, Teredo, ISATAP.
  "https://[::ffff:127.0.0.1]",
  "https://[::ffff:7f00:1]",
  "https://[::ffff:0:127.0.0.1]",
  "https://[::ffff:8.8.8.8]",
  "https://[::127.0.0.1]",
  "https://[64:ff9b::7f00:1]",
  "https://[64:ff9b::10.0.0.1]",
  "https://[64:ff9b::8.8.8.8]",
  "https://[64:ff9b:1::7f00:1]",
  "https://[2002:7f00:1::]",
  "https://[2002:a00:1::1]",
  "https://[2001:0:7f00:1::1]",
  "https://[2001::1]",
  "https://[fe80::5efe:7f00:1]",
  // Private, shared, link-local and metadata.
  "https://10.0.0.1",
  "https://10.255.255.255",
  "https://172.16.0.1",
  "https://172.31.255.255",
  "https://192.168.0.1",
  "https://3232235521",
  "https://100.64.0.1",
  "https://100.100.100.200",
  "https://169.254.169.254",
  "https://169.254.170.2",
  "https://0xa9fea9fe",
  "https://168.63.129.16",
  "https://192.0.0.192",
  "https://[fd00:ec2::254]",
  "https://[fc00::1]",
  "https://[fe80::1]",
  "https://[fec0::1]",
  "https://metadata.google.internal",
  "https://printer.local",
  // Reserved, documentation, benchmarks, multicast, broadcast.
  "https://192.0.2.1",
  "https://192.88.99.1",
  "https://198.18.0.1",
  "https://198.51.100.1",
  "https://203.0.113.1",
  "https://224.0.0.1",
  "https://239.255.255.255",
  "https://240.0.0.1",
  "https://255.255.255.255",
  "https://[ff02::1]",
  "https://[100::1]",
  "https://[2001:2::1]",
  "https://[2001:db8::1]",
  "https://[3fff::1]",
  "https://[5f00::1]",
  // Other schemes, sign-ins in the address, and what is no address.
  "http://example.com",
  "http://127.0.0.1",
  "file:///etc/passwd",
  "ftp://example.com",
  "gopher://127.0.0.1",
  "data:text/plain,hello",
  "blob:https://example.com/1",
  "unix:/run/clamav/clamd.ctl",
  "https+unix://%2Frun%2Fsocket",
  "https://user:password@example.com",
  "https://example.com@127.0.0.1",
  "https://example.com:443@127.0.0.1",
  "https://",
  "//127.0.0.1",
  "",
];

describe("a target that somebody named", () => {
  const client = build();
  const withPort = (url: string) => url.replace(/^(https:\/\/[^@]*[^@:/])$/, `$1:${inside.port}/hook`);

  test.each(hostile)("%s is not called", async (url) => {
    expect(await call(client, withPort(url))).toEqual(refused);
  });

  test("the list is long, and nobody connected", () => {
    expect(new Set(hostile).size).toBeGreaterThanOrEqual(60);
    expect([inside.connections(), plain.connections()]).toEqual([0, 0]);
  });

  test.each([
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2c0f:fb50::1",
  ])("%s is public: what refuses the others is their range", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("a name that leads inside", () => {
  const answers: [what: string, addresses: string[]][] = [
    ["loopback", ["127.0.0.1"]],
    ["loopback of IPv6", ["::1"]],
    ["mapped loopback", ["::ffff:127.0.0.1"]],
    ["mapped loopback in hexadecimal", ["::ffff:7f00:1"]],
    ["a link-local address with its zone", ["fe80::1%lo"]],
    ["a public address with a zone", ["2606:4700::1111%lo"]],
    ["metadata", ["169.254.169.254"]],
    ["one good and one bad address", ["93.184.215.14", "127.0.0.1"]],
    ["one bad and one good address", ["127.0.0.1", "93.184.215.14"]],
    ["good addresses, and a bad one of the other family", ["93.184.215.14", "2606:4700::1111", "fd00::1"]],
    ["not an address", ["127.1"]],
    ["another name", ["localhost"]],
  ];
  test.each(answers)("%s: refused", async (_what, addresses) => {
    const client = build({ resolve: async () => addresses });

    expect(await call(client, `https://hooks.example.com:${inside.port}/`)).toEqual(refused);
    expect(inside.connections()).toBe(0);
  });

  test("a name without any address is not found", async () => {
    const client = build({ resolve: async () => [] });

    expect(await call(client, "https://hooks.example.com/")).toEqual({ ...refused, code: "dns" });
  });
});

describe("with the range check off", () => {
  const anywhere = () => true;

  test("the same call reaches the server inside, so the check is what keeps it out", async () => {
    const client = build({ isPublic: anywhere, resolve: async () => ["127.0.0.1"] });

    // The certificate is for `localhost`, which as a name is refused before anybody is asked.
    const byAddress = await call(client, `https://127.0.0.1:${inside.port}/hook`);

    expect(byAddress).toMatchObject({ kind: "answer", status: 200 });
    expect(inside.requests).toMatchObject([{ method: "POST", path: "/hook" }]);
  });

  test("a certificate for another name ends it before anything is sent", async () => {
    const client = build({ isPublic: anywhere, resolve: async () => ["127.0.0.1"] });

    const result = await call(client, `https://hooks.example.com:${inside.port}/`);

    expect(result).toEqual({ kind: "failed", code: "tls", written: false });
    expect(inside.connections()).toBeGreaterThan(0);
    expect(inside.requests).toEqual([]);
  });

  test("a certificate that nobody vouches for ends it as well", async () => {
    const client = createHttpClient({ log: () => {}, metrics: createMetrics(), isPublic: anywhere });

    const result = await call(client, `https://127.0.0.1:${inside.port}/`);

    expect(result).toEqual({ kind: "failed", code: "tls", written: false });
    expect(inside.requests).toEqual([]);
  });
});

describe("a name server that changes its answer", () => {
  test("is asked once for each call, and what it said then is where the call goes", async () => {
    let asked = 0;
    const judged: string[] = [];
    const client = build({
      resolve: async () => (++asked === 1 ? ["127.0.0.2"] : ["127.0.0.1"]),
      // 127.0.0.2 stands for a public address: nobody listens there.
      isPublic: (address) => {
        judged.push(address);
        return address === "127.0.0.2";
      },
    });
    const before = inside.connections();

    const first = await call(client, `https://hooks.example.com:${inside.port}/`);
    expect(first).toEqual({ kind: "failed", code: "connection", written: false });
    expect({ asked, judged }).toEqual({ asked: 1, judged: ["127.0.0.2"] });

    const second = await call(client, `https://hooks.example.com:${inside.port}/`);
    expect(second).toEqual(refused);
    expect(inside.connections()).toBe(before);
  });
});

describe("a target that the operator named", () => {
  test("may be anywhere, and http", async () => {
    const client = build();

    expect(await call(client, plain.url, "configured")).toMatchObject({ kind: "answer", status: 200 });
    expect(await call(client, inside.url, "configured")).toMatchObject({ kind: "answer", status: 200 });
  });

  test.each(["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:password@127.0.0.1/", "nonsense"])(
    "but not %s",
    async (url) => {
      expect(await call(build(), url, "configured")).toEqual(refused);
    },
  );

  test("the next address of a name is tried where the first takes no connection", async () => {
    const client = build({ resolve: async () => ["127.0.0.2", "::1", "127.0.0.1"] });

    const result = await call(client, `https://localhost:${inside.port}/`, "configured");

    expect(result).toMatchObject({ kind: "answer", status: 200 });
  });
});

test.each(["a".repeat(64), `${"a.".repeat(130)}com`, "under_score", "-", "xn--80ak6aa92e", "a..b"])(
  "a strange name is a result, not an exception: %s",
  async (name) => {
    const client = build({ isPublic: () => true, resolve: async () => ["127.0.0.1"] });

    expect(await call(client, `https://${name}:${inside.port}/`)).toMatchObject({
      kind: "failed",
      written: false,
    });
  },
);
