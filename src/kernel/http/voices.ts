import { byPath } from "./by-path";
import type { Refusal } from "./refusal";
import { statusPhrase } from "./status-phrases";

/** How a surface words a refusal. Members without a value are left out by JSON. */
export type Voice = {
  mediaType: string;
  word(refusal: Refusal): { status: number; body: object };
};

/** The site's own words: `{"error","code","fields"?,"retry_after"?}`. A body that does not fit is 400 here. */
export const plain: Voice = {
  mediaType: "application/json",
  word({ status, code, message, errors, retryAfter }) {
    const fields = errors?.length
      ? Object.fromEntries(errors.map(({ field, code, detail }) => [field, { code, message: detail }]))
      : undefined;
    return {
      status: isMisfit(status, code) ? 400 : status,
      body: { error: message, code, fields, retry_after: wholeSeconds(retryAfter) },
    };
  },
};

/** RFC 9457 problem details, with `code`, `request_id` and, where fields are at fault, `errors`. */
export const problem: Voice = {
  mediaType: "application/problem+json",
  word({ status, code, message, errors, requestId }) {
    const title = statusPhrase(status);
    return {
      status,
      body: { type: "about:blank", title, status, detail: message, code, request_id: requestId, errors },
    };
  },
};

/** The publishing surface: `{"error":{"message","status","type"}}`; a misfit is 400 and nobody signed in is 403. */
export const typed: Voice = {
  mediaType: "application/json",
  word({ status, code, message }) {
    const answered = isMisfit(status, code) ? 400 : noIdentity.has(code) ? 403 : status;
    return { status: answered, body: { error: { message, status: answered, type: statusPhrase(answered) } } };
  },
};

/** Pairs in order, the first match wins (`byPath`); whatever no pair names speaks `problem`. */
export const chooseVoice = (pairs: readonly (readonly [pattern: string, voice: Voice])[]) =>
  byPath(pairs, problem);

/** What a caller without a good token is told; the publishing surface documents 403 for all of it. */
const noIdentity = new Set(["unauthorized", "token_expired", "token_revoked"]);

const isMisfit = (status: number, code: string) => status === 422 && code === "invalid";
const wholeSeconds = (seconds: number | undefined) =>
  seconds === undefined ? undefined : Math.ceil(seconds);
