import { describe, expect, test } from "bun:test";
import { chooseVoice, plain, problem, type Refusal, typed } from "#/kernel/http";

const requestId = "01a1fce9-2903-76df-abd1-38c655fcd856";
const errors = [
  { field: "email", code: "invalid_format", detail: "This text does not have the expected form" },
];

const refusals: Record<string, Refusal> = {
  malformed: { status: 400, code: "invalid_json", message: "The body is not JSON", requestId },
  stranger: { status: 401, code: "unauthorized", message: "No valid bearer token", requestId },
  badLogin: { status: 401, code: "invalid_credentials", message: "Invalid username or password", requestId },
  forbidden: { status: 403, code: "forbidden", message: "Not yours", requestId },
  missing: { status: 404, code: "not_found", message: "Cannot find this address", requestId },
  method: { status: 405, code: "method_not_allowed", message: "No", allow: ["GET"], requestId },
  large: { status: 413, code: "too_large", message: "Too large", requestId },
  type: { status: 415, code: "unsupported_media_type", message: "Send JSON", requestId },
  misfit: { status: 422, code: "invalid", message: "Some fields need attention", errors, requestId },
  reused: { status: 422, code: "idempotency_key_reused", message: "Key reused", requestId },
  limited: { status: 429, code: "rate_limited", message: "Too many", retryAfter: 41.2, requestId },
  internal: { status: 500, code: "internal", message: "Something went wrong on our side", requestId },
  down: { status: 503, code: "unavailable", message: "Not now", retryAfter: 2, requestId },
};

const worded = (voice: typeof plain) =>
  Object.fromEntries(
    Object.entries(refusals).map(([name, refusal]) => {
      const { status, body } = voice.word(refusal);
      return [name, `${status} ${JSON.stringify(body)}`];
    }),
  );

test("the site's voice says error and code, and calls a body that does not fit a bad request", () => {
  expect(plain.mediaType).toBe("application/json");
  expect(worded(plain)).toEqual({
    malformed: '400 {"error":"The body is not JSON","code":"invalid_json"}',
    stranger: '401 {"error":"No valid bearer token","code":"unauthorized"}',
    badLogin: '401 {"error":"Invalid username or password","code":"invalid_credentials"}',
    forbidden: '403 {"error":"Not yours","code":"forbidden"}',
    missing: '404 {"error":"Cannot find this address","code":"not_found"}',
    method: '405 {"error":"No","code":"method_not_allowed"}',
    large: '413 {"error":"Too large","code":"too_large"}',
    type: '415 {"error":"Send JSON","code":"unsupported_media_type"}',
    misfit:
      '400 {"error":"Some fields need attention","code":"invalid","fields":{"email":{"code":"invalid_format","message":"This text does not have the expected form"}}}',
    reused: '422 {"error":"Key reused","code":"idempotency_key_reused"}',
    limited: '429 {"error":"Too many","code":"rate_limited","retry_after":42}',
    internal: '500 {"error":"Something went wrong on our side","code":"internal"}',
    down: '503 {"error":"Not now","code":"unavailable","retry_after":2}',
  });
});

test("the portal's voice is RFC 9457 with our code and the request's id", () => {
  const say = (status: number, title: string, detail: string, code: string, more = "") =>
    `${status} {"type":"about:blank","title":"${title}","status":${status},"detail":"${detail}","code":"${code}","request_id":"${requestId}"${more}}`;

  expect(problem.mediaType).toBe("application/problem+json");
  expect(worded(problem)).toEqual({
    malformed: say(400, "Bad Request", "The body is not JSON", "invalid_json"),
    stranger: say(401, "Unauthorized", "No valid bearer token", "unauthorized"),
    badLogin: say(401, "Unauthorized", "Invalid username or password", "invalid_credentials"),
    forbidden: say(403, "Forbidden", "Not yours", "forbidden"),
    missing: say(404, "Not Found", "Cannot find this address", "not_found"),
    method: say(405, "Method Not Allowed", "No", "method_not_allowed"),
    large: say(413, "Content Too Large", "Too large", "too_large"),
    type: say(415, "Unsupported Media Type", "Send JSON", "unsupported_media_type"),
    misfit: say(
      422,
      "Unprocessable Content",
      "Some fields need attention",
      "invalid",
      `,"errors":${JSON.stringify(errors)}`,
    ),
    reused: say(422, "Unprocessable Content", "Key reused", "idempotency_key_reused"),
    limited: say(429, "Too Many Requests", "Too many", "rate_limited"),
    internal: say(500, "Internal Server Error", "Something went wrong on our side", "internal"),
    down: say(503, "Service Unavailable", "Not now", "unavailable"),
  });
});

test("the publishing voice says message, status and type, and answers 403 when nobody is signed in", () => {
  const say = (status: number, type: string, message: string) =>
    `${status} {"error":{"message":"${message}","status":${status},"type":"${type}"}}`;

  expect(typed.mediaType).toBe("application/json");
  expect(worded(typed)).toEqual({
    malformed: say(400, "Bad Request", "The body is not JSON"),
    stranger: say(403, "Forbidden", "No valid bearer token"),
    badLogin: say(401, "Unauthorized", "Invalid username or password"),
    forbidden: say(403, "Forbidden", "Not yours"),
    missing: say(404, "Not Found", "Cannot find this address"),
    method: say(405, "Method Not Allowed", "No"),
    large: say(413, "Content Too Large", "Too large"),
    type: say(415, "Unsupported Media Type", "Send JSON"),
    misfit: say(400, "Bad Request", "Some fields need attention"),
    reused: say(422, "Unprocessable Content", "Key reused"),
    limited: say(429, "Too Many Requests", "Too many"),
    internal: say(500, "Internal Server Error", "Something went wrong on our side"),
    down: say(503, "Service Unavailable", "Not now"),
  });
});

describe("the voice of a path", () => {
  const voiceOf = chooseVoice([
    ["/health", plain],
    ["/api/v1/*", problem],
    ["/api/*", plain],
    ["/v1/*", typed],
  ]);

  test.each([
    ["/health", plain],
    ["/health/", plain],
    ["/health/db", problem],
    ["/healthy", problem],
    ["/api", plain],
    ["/api/contact", plain],
    ["/api/v10/x", plain],
    ["/api/v1", problem],
    ["/api/v1/", problem],
    ["/api/v1/users/me", problem],
    ["/v1/projects", typed],
    ["/v12", problem],
    ["/", problem],
    ["/apix", problem],
  ])("of %s is found by its segments", (path, voice) => {
    expect(voiceOf(path)).toBe(voice);
  });
});
