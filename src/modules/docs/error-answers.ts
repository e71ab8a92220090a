import { plain, problem, type Refusal, typed, type Voice } from "#/kernel/http";
import { PlainError, ProblemError } from "#/kernel/http/error-schemas";
import { openApiSchema } from "./openapi-schema";
import type { Answer, Media, Schema } from "./openapi-types";

/** The shape of a voice's refusals, as the document names it. */
type Shape = { name: string; schema: Schema };

const TypedError: Schema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "status", "type"],
      properties: {
        message: { type: "string", description: "A sentence for people" },
        status: { type: "integer" },
        type: { type: "string", description: "The phrase of the status" },
      },
    },
  },
};

const shapes = new Map<Voice, Shape>([
  [plain, { name: "PlainError", schema: clean(PlainError) }],
  [problem, { name: "ProblemError", schema: clean(ProblemError) }],
  [typed, { name: "TypedError", schema: TypedError }],
]);

/** The schemas behind `errorAnswer`, for the components of the document. */
export const errorSchemas: Record<string, Schema> = Object.fromEntries(
  [...shapes.values()].map(({ name, schema }) => [name, schema]),
);

/** What a refusal with this status looks like in a voice. `asPage`: a browser's post is answered with a page. */
export function errorAnswer(voice: Voice, status: number, asPage: boolean): Answer {
  const sample = refusals[status] ?? { ...unforeseen, status };
  const worded = voice.word({ ...sample, requestId });
  // A voice that words misfits as 400 has one use left for 422.
  const { body } = worded.status === status ? worded : voice.word({ ...reusedKey, requestId });
  const shape = shapes.get(voice) ?? (shapes.get(problem) as Shape);
  const media: Media = {
    schema: { $ref: `#/components/schemas/${shape.name}` },
    example: JSON.parse(JSON.stringify(body)),
  };
  return {
    description: worded.status === status ? sample.description : reusedKey.description,
    ...(sample.retryAfter !== undefined && { headers: { "Retry-After": retryAfter } }),
    content: { [voice.mediaType]: media, ...(asPage && { "text/html": page }) },
  };
}

const page: Media = {
  schema: { type: "string", description: "For a browser: a page that keeps what was typed" },
};
const retryAfter = { description: "Seconds until trying again makes sense", schema: { type: "integer" } };
const requestId = "0199f3c2-5b1e-7000-8000-0000000000a1";

const reusedKey = {
  status: 422,
  code: "idempotency_key_reused",
  message: "This key was used with another body",
  description: "The key was used with another body",
};

type Sample = Omit<Refusal, "requestId"> & { description: string };

const given = (
  status: number,
  code: string,
  message: string,
  description: string,
  more: Partial<Refusal> = {},
): [number, Sample] => [status, { status, code, message, description, ...more }];

const errors = [{ field: "email", code: "required", detail: "This field is required" }];

const refusals: Record<number, Sample> = Object.fromEntries([
  given(
    400,
    "malformed_body",
    "Cannot read the body",
    "The body cannot be read, or a field is missing or wrong",
  ),
  given(401, "unauthorized", "Cannot identify the caller: no valid bearer token", "Nobody is signed in"),
  given(403, "origin_refused", "This site may not send here", "The caller may not do this"),
  given(404, "not_found", "Cannot find this address", "There is no such thing"),
  given(
    405,
    "method_not_allowed",
    "This address does not take the method",
    "The address takes other methods",
  ),
  given(408, "too_slow", "The body took too long to arrive", "The body took too long to arrive"),
  given(409, "conflict", "Somebody else was faster", "Its state does not allow this"),
  given(410, "form_gone", "This form no longer exists", "It no longer exists"),
  given(413, "too_large", "The body is larger than this address takes", "The body is too large"),
  given(
    415,
    "unsupported_media_type",
    "Cannot take this type of body",
    "The address takes other types of body",
  ),
  given(422, "invalid", "Some fields need attention", "Fields are missing or wrong", { errors }),
  given(429, "rate_limited", "Too many requests", "Too many in a short time", { retryAfter: 30 }),
  given(503, "unavailable", "Cannot store this now, try again shortly", "Nothing was stored: try again", {
    retryAfter: 2,
  }),
]);

const unforeseen: Sample = {
  status: 500,
  code: "internal",
  message: "Something went wrong on our side",
  description: "Any other refusal",
};

function clean(schema: object): Schema {
  const { title, ...rest } = openApiSchema(JSON.parse(JSON.stringify(schema)));
  return rest;
}
