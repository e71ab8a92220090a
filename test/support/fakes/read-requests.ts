import type { Socket } from "node:net";

export type VendorRequest = {
  method: string;
  /** Path and query, as sent. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
};

/** Reads requests with a `Content-Length`, or without a body, one after the other. */
export function readRequests(socket: Socket, arrived: (request: VendorRequest) => void): void {
  let unread = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const end = unread.indexOf("\r\n\r\n");
      if (end === -1) return;
      const [line = "", ...lines] = unread.subarray(0, end).toString().split("\r\n");
      const headers = Object.fromEntries(
        lines.map((each) => {
          const colon = each.indexOf(":");
          return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
        }),
      );
      const whole = end + 4 + Number(headers["content-length"] ?? 0);
      if (unread.length < whole) return;
      const [method = "", path = ""] = line.split(" ");
      const body = unread.subarray(end + 4, whole).toString();
      unread = unread.subarray(whole);
      arrived({ method, path, headers, body });
    }
  });
}
