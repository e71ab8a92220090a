/** One call to another machine. */
export type HttpCall = {
  /** Whose call it is, `sendgrid`; for its own limits, its breaker, log and metrics. */
  integration: string;
  /** What is done there, `send`; a word of ours, for log and metrics. */
  operation: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /**
   * `configured`: the operator named the host, so it may be of any network and `http:`. `public`: somebody else did, so
   * it must be `https:`, and every address its name resolves to must be a public one; the connection goes to exactly
   * the address that was checked.
   */
  target: "configured" | "public";
  /** Milliseconds to the first byte of the answer (default 5,000), and to its end (default 10,000). */
  firstByteMs?: number;
  totalMs?: number;
  /** Bytes of the answer after decompression; default 1 MB. One that is longer is `too_large`. */
  maxBytes?: number;
  /** What the breaker counts by; default the integration. Webhooks take the endpoint. */
  breaker?: string;
};

/** What came of a call. Never thrown: whoever calls decides what it means. */
export type HttpResult =
  /** Any status; redirects are not followed and come as they are. Header names in lower case. */
  | { kind: "answer"; status: number; headers: Headers; body: Uint8Array }
  | {
      kind: "failed";
      /**
       * `address` (refused by the guard), `dns`, `connection`, `tls`, `timeout`, `too_large`, `broken` (cut, or not what
       * its encoding says), `busy` (no free connection in time), `breaker` (it failed too often; nothing was sent).
       */
      code:
        | "address"
        | "dns"
        | "connection"
        | "tls"
        | "timeout"
        | "too_large"
        | "broken"
        | "busy"
        | "breaker";
      /** Whether the other side may have acted: the request had left. */
      written: boolean;
      /** Milliseconds after which it makes sense to try again, where that is known. */
      after?: number;
    };

/** The only way out of this process by HTTP. */
export type HttpClient = { call(call: HttpCall): Promise<HttpResult> };
