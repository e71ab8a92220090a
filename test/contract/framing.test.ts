import { afterAll, describe, expect, test } from "bun:test";
import { ambiguousRequests, postHead, smuggledRequest } from "../support/ambiguous-requests";
import { embeddedPlace } from "../support/databases";
import { startExecutable } from "../support/executable";
import { connectRaw, rawStatus } from "../support/raw-connection";

const place = embeddedPlace();
const running = await startExecutable({ ...place.env, PUBLIC_URL: "https://site.example" });
afterAll(async () => {
  await running.kill();
  place[Symbol.dispose]();
});

/** Everything that comes back until the service closes; what it left open after 3 s is told from that. */
async function exchange(bytes: string | Uint8Array, enough?: RegExp) {
  const connection = await connectRaw(running.port);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, 3_000);
  await connection.write(bytes);
  const received = await connection.matching(enough ?? /never to come/);
  clearTimeout(timer);
  connection.close();
  return { received, late, answers: received.match(/HTTP\/1\.1 \d{3}/g)?.map((line) => line.slice(9)) ?? [] };
}

describe("a request whose end is a matter of opinion is refused (400, in the first line 505) and its connection closed:", () => {
  test.each(ambiguousRequests)("%s", async (_title, bytes, status = "400") => {
    const { answers, late, received } = await exchange(bytes + smuggledRequest);

    expect({ answers, late, seen: received.includes("<form") }).toEqual({
      answers: [status],
      late: false,
      seen: false,
    });
  });
});

describe("what Bun takes", () => {
  const health = /"status":"ok"/;
  test.each([
    [
      "the same length twice",
      `${postHead}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
      "400",
      /"error"/,
    ],
    ["two Hosts", "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "200", health],
    [
      "a whole URL as its target",
      "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "200",
      health,
    ],
  ])("although it should not: %s, which splits no request", async (_title, bytes, status, body) => {
    const { received, answers } = await exchange(bytes, body);

    expect(answers).toEqual([status]);
    expect(received).toMatch(body);
  });

  const fields = "name=Ada&email=ada%40example.com&message=Hello";
  const navigation = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n";
  test.each([
    ["a foreign Host", "Host: evil.example\r\n", "/f/contact"],
    ["two Hosts", "Host: site.example\r\nHost: evil.example\r\n", "/f/contact"],
    ["a forwarded host", "Host: localhost\r\nX-Forwarded-Host: evil.example\r\n", "/f/contact"],
    ["a whole URL", "Host: localhost\r\n", "http://evil.example/f/contact"],
  ])(
    "%s leads nobody there: no answer repeats it, and a redirect stays here",
    async (title, headers, target) => {
      const body = `${fields}+${encodeURIComponent(title)}`;
      const sent = `POST ${target} HTTP/1.1\r\n${headers}${navigation}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const posted = await exchange(sent, /\r\n\r\n/);
      const document = await exchange(`GET ${target} HTTP/1.1\r\n${headers}\r\n`, /<\/html>/);

      expect(posted.answers).toEqual(["303"]);
      expect(posted.received).toMatch(/\r\nlocation: (https:\/\/site\.example)?\/f\/contact\/thanks/i);
      expect(document.answers).toEqual(["200"]);
      expect(posted.received + document.received).not.toContain("evil.example");
    },
  );
});

describe("sizes: 431 and the end of the connection for", () => {
  test.each([
    [
      "32 KB of one header",
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(32 * 1024)}\r\n\r\n`,
    ],
    [
      "32 KB of many headers",
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${Array.from({ length: 64 }, (_, i) => `X-${i}: ${"a".repeat(512)}\r\n`).join("")}\r\n`,
    ],
    [
      "200 headers",
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${Array.from({ length: 200 }, (_, i) => `X-${i}: a\r\n`).join("")}\r\n`,
    ],
    ["a URL of 20 KB", `GET /${"a".repeat(20 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ["a query of 20 KB", `GET /health?${"a".repeat(20 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ["a header that has no end", `GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(64 * 1024)}`],
  ])("%s", async (_title, bytes) => {
    const { answers, late } = await exchange(bytes);

    expect({ answers, late }).toEqual({ answers: ["431"], late: false });
  });
});

describe("a body that cannot be read is 400, whatever is in it:", () => {
  const utf8 = (...bytes: number[]) =>
    Buffer.from([...Buffer.from('{"name":"'), ...bytes, ...Buffer.from('"}')]);
  const bodies: [string, Buffer][] = [
    ["33 levels of nesting", Buffer.from(`{"name":${"[".repeat(33)}${"]".repeat(33)}}`)],
    ["100,000 levels", Buffer.from("[".repeat(100_000))],
    ["100,000 levels of objects", Buffer.from('{"a":'.repeat(100_000))],
    ["a byte that is no UTF-8", utf8(0xff)],
    ["an overlong form", utf8(0xc0, 0xaf)],
    ["a surrogate as UTF-8", utf8(0xed, 0xa0, 0x80)],
    ["a code point beyond the last", utf8(0xf4, 0x90, 0x80, 0x80)],
    ["half a character", utf8(0xe2, 0x82)],
    ["broken JSON", Buffer.from('{"name":"Ada",}')],
    ["two documents", Buffer.from("{}{}")],
  ];
  test.each(bodies)("%s", async (_title, body) => {
    const head = `${postHead}Content-Length: ${body.length}\r\n\r\n`;

    const { received, answers } = await exchange(Buffer.concat([Buffer.from(head), body]), /\r\n\r\n.*\}$/s);

    expect([answers, /"code":"(\w+)"/.exec(received)?.[1]]).toEqual([["400"], "malformed_body"]);
  });
});

test("a carriage return, a line feed and other scripts never reach a header as they are", async () => {
  const id = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\u00e9\u0142b-0123\r\n\r\n";
  const next = encodeURIComponent("/thanks?name=Zoë\r\nX-Injected: 1");
  const body = `name=Ada&email=ada%40example.com&message=Header&_next=${next}`;
  const form = `POST /f/contact HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  const answers = [await exchange(id, /"ok"/), await exchange(form, /\r\n\r\n/)];

  expect(answers.map(({ received }) => rawStatus(received))).toEqual([200, 303]);
  for (const { received } of answers) {
    const [headers = ""] = received.split("\r\n\r\n");
    expect(headers).toMatch(/^[\x20-\x7e\r\n]*$/);
    expect(headers).not.toMatch(/^x-injected/im);
  }
});
