import type { HttpClient, HttpResult } from "./contract";

const FIRST_BYTE_MS = 5_000;
const TOTAL_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** The only place that calls out. Hosts that the operator did not name are refused until the guard is there. */
export function createHttpClient(): HttpClient {
  return {
    async call({ target, url, method, headers, body, totalMs = TOTAL_MS, maxBytes = MAX_BYTES }) {
      if (target === "public") return { kind: "failed", code: "address", written: false };
      try {
        const answer = await fetch(url, {
          method,
          redirect: "manual",
          signal: AbortSignal.timeout(Math.min(totalMs, FIRST_BYTE_MS + TOTAL_MS)),
          ...(headers && { headers }),
          ...(body !== undefined && { body }),
        });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        if (bytes.length > maxBytes) return { kind: "failed", code: "too_large", written: true };
        return { kind: "answer", status: answer.status, headers: answer.headers, body: bytes };
      } catch {
        return { kind: "failed", code: "connection", written: true } satisfies HttpResult;
      }
    },
  };
}
