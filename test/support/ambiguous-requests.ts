/** The beginning of a post of JSON, without what says where it ends. */
export const postHead = "POST /f/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const chunked = `${postHead}Transfer-Encoding: chunked\r\n`;

/** What an attacker would have the next one on the connection ask; a log line that bears this id has been answered. */
export const smuggledId = "smuggled-by-framing";
export const smuggledRequest = `GET /f/contact HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${smuggledId}\r\n\r\n`;

/** Requests whose end is a matter of opinion (RFC 9112, 6.3 and 11.2), and how they are refused; 400 unless it says so. */
export const ambiguousRequests: [title: string, bytes: string, status?: string][] = [
  ["two different lengths", `${postHead}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ["lengths in a list", `${postHead}Content-Length: 2, 3\r\n\r\n{}`],
  ["a length and chunks", `${postHead}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunks and a length", `${chunked}Content-Length: 2\r\n\r\n0\r\n\r\n`],
  ["a length with letters", `${postHead}Content-Length: 2x\r\n\r\n{}`],
  ["a negative length", `${postHead}Content-Length: -2\r\n\r\n{}`],
  ["a signed length", `${postHead}Content-Length: +2\r\n\r\n{}`],
  ["a hexadecimal length", `${postHead}Content-Length: 0x2\r\n\r\n{}`],
  ["a length that no number holds", `${postHead}Content-Length: 99999999999999999999999\r\n\r\n{}`],
  ["an empty length", `${postHead}Content-Length: \r\n\r\n{}`],
  ["a length with a space before the colon", `${postHead}Content-Length : 2\r\n\r\n{}`],
  ["chunks with a space before the colon", `${postHead}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ["a coding that looks like chunks", `${postHead}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["another coding", `${postHead}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ["a coding in quotes", `${postHead}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ["chunks that are not the last coding", `${postHead}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
  ["chunks twice", `${postHead}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a chunk size that is no number", `${chunked}\r\nzz\r\n{}\r\n0\r\n\r\n`],
  ["a negative chunk size", `${chunked}\r\n-2\r\n{}\r\n0\r\n\r\n`],
  ["a chunk size in C's notation", `${chunked}\r\n0x2\r\n{}\r\n0\r\n\r\n`],
  ["a chunk size that overflows", `${chunked}\r\n10000000000000002\r\n{}\r\n0\r\n\r\n`],
  ["a chunk that is longer than it says", `${chunked}\r\n2\r\n{}xx\r\n0\r\n\r\n`],
  ["a folded header", `${postHead}X-A: b\r\n Content-Length: 2\r\n\r\n`],
  ["a folded coding", `${postHead}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ["a bare line feed in the headers", `${postHead}X-A: b\nContent-Length: 2\r\n\r\n{}`],
  ["bare line feeds throughout", `${postHead}Content-Length: 2\r\n\r\n{}`.replaceAll("\r\n", "\n"), "505"],
  ["a bare carriage return", `${postHead}X-A: b\rContent-Length: 2\r\n\r\n{}`],
  ["a NUL in a header", `${postHead}X-A: b\0c\r\nContent-Length: 2\r\n\r\n{}`],
  ["a NUL in a name", `${postHead}X\0A: b\r\nContent-Length: 2\r\n\r\n{}`],
  ["a line without a colon", `${postHead}Content-Length 2\r\n\r\n{}`],
  ["a header without a name", `${postHead}: b\r\nContent-Length: 2\r\n\r\n{}`],
  ["no Host", "GET /health HTTP/1.1\r\n\r\n"],
  ["a version that does not exist", "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n", "505"],
];
