import type { CallResult, Why } from "../call-result";
import type { HttpResult } from "./contract";
import { quoteAnswer } from "./quote-answer";
import { readJson } from "./read-json";
import { readRetryAfter } from "./retry-after";

/** After a refused key, the next attempt waits this long, in milliseconds. */
const credentialsParkMs = 15 * 60_000;
/** What a wait for a free connection or a breaker costs where nobody said how long, in milliseconds. */
const waitMs = 1_000;

/** What the caller knows of the call that the answer does not tell. */
export type Expectation = {
  /** Making the call twice is like making it once: it only reads, or the other side takes a key. */
  idempotent: boolean;
  /** We sign in there, so 401 and 403 mean that our key is bad. */
  credentials: boolean;
  /** Taken out of whatever is kept of the answer: our keys, and addresses that are secrets. */
  secrets?: readonly string[];
  /** `json`: anything else in an answer of success is `bad_answer`. `any`: the body is not looked at. */
  expect: "json" | "any";
  /** For waits that end at a moment; default the clock of the machine. */
  now?: Date;
};

type Failure = Exclude<CallResult<never>, { kind: "ok" }>;

/** `json` is undefined where `any` was expected. Its shape is the caller's to check. */
export type Accepted = { kind: "ok"; status: number; headers: Headers; body: Uint8Array; json: unknown };

/**
 * What an answer means, or that there was none, in the parts that all vendors share. A vendor's own meanings (409 of
 * HubSpot, 410 of a webhook) are read before or from `why.status`.
 *
 * `breaker` and `busy` come back as `parked`: nothing was sent, so waiting costs no attempt.
 */
export function classify(result: HttpResult, expectation: Expectation): Accepted | Failure {
  return result.kind === "failed"
    ? classifyFailure(result, expectation)
    : classifyAnswer(result, expectation);
}

/** An answer that came with a good status and turned out useless, in the same words as everywhere. */
export const badAnswer = (
  { status, body }: Pick<Accepted, "status" | "body">,
  secrets: readonly string[] = [],
): Failure => ({
  kind: "retry",
  why: { code: "bad_answer", status, text: quoteAnswer(body, secrets) },
});

function classifyAnswer(
  { status, headers, body }: Extract<HttpResult, { kind: "answer" }>,
  { credentials, secrets = [], expect, now = new Date() }: Expectation,
): Accepted | Failure {
  if (status >= 200 && status < 300) {
    const json = expect === "json" ? readJson(headers, body) : undefined;
    if (expect === "json" && json === undefined) return badAnswer({ status, body }, secrets);
    return { kind: "ok", status, headers, body, json };
  }
  const why = (code: string): Why => ({ code, status, text: quoteAnswer(body, secrets) });
  if (status < 400) return { kind: "refused", why: why("redirected") };
  if (credentials && (status === 401 || status === 403)) {
    return {
      kind: "parked",
      why: why("credentials"),
      until: new Date(now.getTime() + credentialsParkMs),
    };
  }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const after = readRetryAfter(headers, now);
    return {
      kind: "retry",
      why: why(status === 429 ? "rate_limited" : `http_${status}`),
      ...(after !== undefined && { after }),
    };
  }
  return { kind: "refused", why: why(`http_${status}`) };
}

function classifyFailure(
  { code, written, after }: Extract<HttpResult, { kind: "failed" }>,
  { idempotent, now = new Date() }: Expectation,
): Failure {
  const why: Why = { code, text: sentences[code] };
  if (code === "breaker" || code === "busy") {
    return { kind: "parked", why, until: new Date(now.getTime() + (after ?? waitMs)) };
  }
  if (code === "address") return { kind: "refused", why };
  if (written && !idempotent) return { kind: "uncertain", why };
  return { kind: "retry", why, ...(after !== undefined && { after }) };
}

const sentences: Record<Extract<HttpResult, { kind: "failed" }>["code"], string> = {
  address: "The address may not be called: it is not https, or not a public one",
  dns: "The name could not be resolved",
  connection: "The connection was refused or lost",
  tls: "The other side has no valid certificate for its name",
  timeout: "No answer within the time limit",
  too_large: "The answer is larger than allowed",
  broken: "The answer was cut, or is not what its encoding says",
  busy: "Too many calls are under way",
  breaker: "It failed too often just now, so it is left alone for a while",
};
