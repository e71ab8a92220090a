import { AppError } from "../errors";
import { type Log, nameError } from "../log";
import { pathOf } from "./by-path";
import { notFoundPage, notFoundPagePolicy } from "./not-found-page";
import { type Refusal, toRefusal } from "./refusal";
import { contextOf } from "./request-context";
import type { Voice } from "./voices";
import { wantsPage } from "./wants-page";

/** A refusal as it goes out. */
export type Answer = { status: number; headers: Record<string, string>; body: string };

type Needs = { log: Log; voiceOf(path: string): Voice };

/**
 * Words what was thrown in the voice of the path. A person at an address that does not exist gets a page instead;
 * `allow` becomes `Allow`, `retryAfter` `Retry-After` in whole seconds, and 401 names the scheme (RFC 9110 §11.6.1).
 * What we answer for is logged, by the names of errors alone: their messages may hold what was submitted.
 */
export function answerRefusal({ log, voiceOf }: Needs, request: Request, error: unknown): Answer {
  const { id, route } = contextOf(request);
  const refusal: Refusal = { ...toRefusal(error), requestId: id };
  const cause = error instanceof AppError ? error.cause : error;
  if (refusal.status >= 500 && cause !== undefined) {
    log("error", "request.failed", { requestId: id, route, status: refusal.status, ...nameError(cause) });
  }
  if (refusal.status === 404 && wantsPage(request.headers)) return page;

  const voice = voiceOf(pathOf(request.url));
  const { status, body } = voice.word(refusal);
  const headers: Record<string, string> = {
    ...refusal.headers,
    "content-type": voice.mediaType,
    "cache-control": "no-store",
  };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (refusal.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(refusal.retryAfter));
  if (refusal.allow) headers.allow = refusal.allow.join(", ");
  return { status, headers, body: JSON.stringify(body) };
}

const page: Answer = {
  status: 404,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": notFoundPagePolicy,
    "cache-control": "no-store",
  },
  body: notFoundPage,
};
