import type { Voice } from "#/kernel/http";
import { errorAnswer } from "./error-answers";
import { exampleOf, openApiSchema } from "./openapi-schema";
import type { Answer, Media, Operation, Parameter, Schema } from "./openapi-types";

/** What the plugin leaves in an answer besides what OpenAPI knows: the keywords of its schema. */
type Described = Answer & { title?: string };

const done: Record<string, string> = {
  200: "Done",
  201: "Created",
  202: "Accepted, and done later",
  204: "Done; nothing to say",
  303: "A browser is led on",
  304: "Not changed since it was last asked for",
};

/** Adds what the plugin leaves out: descriptions, examples, and the refusals that follow from the route's shape. */
export function completeOperation(operation: Operation, voice: Voice): Operation {
  const { requestBody, parameters, responses, ...rest } = operation;
  const asPage = requestBody !== undefined && "application/x-www-form-urlencoded" in requestBody.content;
  const statuses = new Set([...Object.keys(responses), ...implied(operation, voice)]);
  const answers = [...statuses].toSorted().map((status): [string, Answer] => {
    const described: Described = responses[status] ?? {};
    return [
      status,
      Number(status) >= 400 ? refusal(described, voice, status, asPage) : success(described, status),
    ];
  });
  return {
    ...rest,
    ...(parameters?.length && { parameters: parameters.map(completeParameter) }),
    ...(requestBody && { requestBody: { ...requestBody, content: mapMedia(requestBody.content) } }),
    responses: { ...Object.fromEntries(answers), default: errorAnswer(voice, 500, asPage) },
  };
}

function implied({ requestBody, parameters, security }: Operation, voice: Voice): string[] {
  return [
    ...(requestBody ? ["400", "408", "413", "415"] : []),
    ...(parameters?.some((one) => one.in === "path") ? ["404"] : []),
    ...(parameters?.some((one) => one.in === "query") ? [misfitStatus(voice)] : []),
    ...(security?.length ? [signedOutStatus(voice), "403"] : []),
  ];
}

/** What a caller is told whom no token names. */
const signedOutStatus = (voice: Voice) =>
  String(voice.word({ status: 401, code: "unauthorized", message: "", requestId: "" }).status);

/** What a value that does not fit its schema becomes. */
const misfitStatus = (voice: Voice) =>
  String(voice.word({ status: 422, code: "invalid", message: "", requestId: "" }).status);

function success({ description, headers, content = {} }: Described, status: string): Answer {
  const location = { Location: { description: "Where to go", schema: { type: "string" } } };
  return {
    description: description ?? done[status] ?? "Done",
    ...(headers ? { headers } : status.startsWith("3") && status !== "304" && { headers: location }),
    ...(Object.keys(content).length > 0 && { content: mapMedia(asItIsSent(content)) }),
  };
}

/** A refusal with a shape of its own keeps it; all others have that of the voice, and their own examples. */
function refusal(described: Described, voice: Voice, status: string, asPage: boolean): Answer {
  const { description, title, headers, content = {} } = described;
  const usual = errorAnswer(voice, Number(status), asPage);
  const worded = usual.content?.[voice.mediaType] ?? {};
  const { "application/json": said, "text/html": asBrowsers } = content;
  const own = title === undefined && said?.schema ? [mergeShape(said, worded)] : [];
  const shown = said?.examples ? [{ schema: worded.schema ?? {}, examples: said.examples }] : [];
  const [media = worded] = [...own, ...shown];
  return {
    ...usual,
    ...(description !== undefined && { description }),
    ...(headers && { headers: { ...usual.headers, ...headers } }),
    content: { ...usual.content, ...(asBrowsers && { "text/html": asBrowsers }), [voice.mediaType]: media },
  };
}

/** The voice's members are shown as the voice words them, the others as their schema says. */
function mergeShape({ schema = {} }: Media, { example }: Media): Media {
  const written = openApiSchema(schema);
  return { schema: written, example: Object.assign({}, exampleOf(written), example) };
}

/** The plugin says JSON of everything: text without a media type of its own is a page. */
function asItIsSent(content: Record<string, Media>): Record<string, Media> {
  const sent = Object.entries(content).map(([type, media]): [string, Media] => {
    const isPage = type === "application/json" && media.schema?.type === "string";
    return [isPage ? "text/html" : type, media];
  });
  return Object.fromEntries(sent);
}

const mapMedia = (content: Record<string, Media>): Record<string, Media> =>
  Object.fromEntries(Object.entries(content).map(([type, media]) => [type, completeMedia(type, media)]));

function completeMedia(type: string, { schema = {}, example, examples }: Media): Media {
  const written = openApiSchema(schema);
  if (examples) return { schema: written, examples };
  if (example !== undefined) return { schema: written, example };
  return type.endsWith("json") ? { schema: written, example: exampleOf(written) } : { schema: written };
}

function completeParameter(parameter: Parameter & { examples?: unknown }): Parameter {
  const { examples, ...rest } = parameter;
  const schema = openApiSchema(rest.schema as Schema);
  const said = Array.isArray(examples) ? examples[0] : rest.example;
  // Made-up text would be refused where only a value from an earlier answer is good, such as a cursor.
  const example = said ?? (!rest.required && isFreeText(schema) ? undefined : exampleOf(schema));
  return { ...rest, schema, ...(example !== undefined && { example }) };
}

const isFreeText = ({ type, format, enum: choices, example }: Schema) =>
  type === "string" && format === undefined && choices === undefined && example === undefined;
