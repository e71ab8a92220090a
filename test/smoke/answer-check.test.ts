import { describe, expect, test } from "bun:test";
import { createAnswerCheck, type OpenApi, operationsOf } from "../support/openapi";

describe("the check of answers against the document", () => {
  const error = { type: "object", required: ["error"], properties: { error: { type: "string" } } };
  const done = { type: "object", required: ["id"], properties: { id: { type: "string", format: "uuid" } } };
  const responses = {
    200: { content: { "application/json": { schema: done } } },
    303: {},
    default: { content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
  };
  const document = {
    paths: { "/a/{b}": { post: { parameters: [], responses } } },
    components: { schemas: { Error: error } },
  };
  const [operation] = operationsOf(document as OpenApi);
  const good = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-store",
    "x-request-id": "1",
    "content-type": "application/json",
  };
  const id = '{"id":"0199f3c2-5b1e-7000-8000-0000000000a1"}';

  test.each([
    ["takes a documented answer", 200, id, {}, undefined],
    ["takes a documented refusal", 400, '{"error":"no"}', {}, undefined],
    ["takes an empty redirect", 303, "", {}, undefined],
    ["sees a fault", 500, '{"error":"no"}', {}, "500"],
    ["sees a status that is not documented", 201, id, {}, "201 is not documented"],
    ["sees another shape", 200, '{"id":7}', {}, "body: data/id must be string"],
    ["sees another format", 200, '{"id":"7"}', {}, 'body: data/id must match format "uuid"'],
    [
      "sees a refusal in another voice",
      400,
      '{"detail":"no"}',
      {},
      "body: data must have required property 'error'",
    ],
    ["sees another type", 400, "no", { "content-type": "text/plain" }, "400 as text/plain is not documented"],
    ["sees broken JSON", 200, "{", {}, "the body is not JSON"],
    ["sees an empty body", 200, "", {}, "an empty body is not documented"],
    ["sees a 503 that does not say when", 503, '{"error":"no"}', {}, "no Retry-After"],
    ["sees a missing header", 200, id, { "x-frame-options": "" }, "x-frame-options: "],
    ["sees a talkative header", 200, id, { server: "x" }, "has server"],
  ] as const)("%s", (_, status, body, headers, complaint) => {
    const answer = { status, body, headers: new Headers({ ...good, ...headers }) };

    const found = createAnswerCheck(document as OpenApi)(operation as never, answer);

    expect(found).toEqual(complaint === undefined ? [] : [complaint]);
  });
});
