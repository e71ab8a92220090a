/** Bytes on a connection that no HTTP library would write, and the statuses they may get; 0 is a closed connection. */
type OddRequest = { name: string; pieces: string[]; statuses: readonly number[] };

const host = "Host: 127.0.0.1\r\n";
const close = "Connection: close\r\n";
const json = "Content-Type: application/json\r\n";
const post = `POST /api/contact HTTP/1.1\r\n${host}${close}${json}`;
const get = (more: string) => `GET /health HTTP/1.1\r\n${more}${close}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";
const refused = [400, 0];

/** RFC 9112 §11.2: what two programs could read in two ways is refused, and the connection ends. */
export const oddRequests: readonly OddRequest[] = [
  // Bun takes these; nothing of ours is built from Host, so they are answered like any other.
  { name: "two Host headers", pieces: [get(`${host}Host: example.com\r\n`)], statuses: [200, 400] },
  {
    name: "an absolute target",
    pieces: [`GET http://example.com/health HTTP/1.1\r\n${host}${close}\r\n`],
    statuses: [200, 400, 404],
  },
  { name: "a hostile Host", pieces: [get('Host: "><script>\r\n')], statuses: [200, 400] },
  { name: "no Host", pieces: [get("")], statuses: [200, 400, 0] },
  {
    name: "length and chunks",
    pieces: [`${post}Content-Length: 5\r\n${chunked}\r\n0\r\n\r\n`],
    statuses: refused,
  },
  {
    name: "two lengths",
    pieces: [`${post}Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}GET /`],
    statuses: refused,
  },
  { name: "a length that is none", pieces: [`${post}Content-Length: 1e1\r\n\r\n{}`], statuses: refused },
  { name: "a negative length", pieces: [`${post}Content-Length: -1\r\n\r\n{}`], statuses: refused },
  {
    name: "an unknown transfer coding",
    pieces: [`${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    statuses: [400, 501, 0],
  },
  { name: "a broken chunk", pieces: [`${post}${chunked}\r\nzz\r\n{}\r\n0\r\n\r\n`], statuses: refused },
  { name: "a lone CR in a header", pieces: [get(`${host}X-A: b\rc: d\r\n`)], statuses: [200, 400, 0] },
  { name: "a NUL in a header", pieces: [get(`${host}X-A: b\0c\r\n`)], statuses: [200, 400, 0] },
  { name: "a blank before the colon", pieces: [get(`${host}X-A : b\r\n`)], statuses: refused },
  { name: "a folded header", pieces: [get(`${host}X-A: b\r\n c\r\n`)], statuses: [200, 400, 0] },
  { name: "lone LF as line ends", pieces: [get(host).replaceAll("\r", "")], statuses: [400, 505, 0] },
  { name: "a header of 64 KB", pieces: [get(`${host}X-A: ${"a".repeat(65_536)}\r\n`)], statuses: [431, 0] },
  { name: "1,000 headers", pieces: [get(host + "X-A: b\r\n".repeat(1000))], statuses: [431, 0] },
  {
    name: "a target of 64 KB",
    pieces: [`GET /${"a".repeat(65_536)} HTTP/1.1\r\n${host}${close}\r\n`],
    statuses: [404, 414, 431, 0],
  },
  { name: "no HTTP", pieces: ["\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"], statuses: refused },
  { name: "an unknown method", pieces: [get(host).replace("GET", "BREW")], statuses: [400, 405, 501, 0] },
  { name: "another version", pieces: [get(host).replace("1.1", "9.9")], statuses: [400, 505, 0] },
  { name: "a first line that never ends", pieces: ["GET /hea"], statuses: [0, 400, 408] },
  {
    name: "a body that never ends",
    pieces: [`${post}Content-Length: 100\r\n\r\n{"a"`],
    statuses: [0, 400, 408],
  },
];
