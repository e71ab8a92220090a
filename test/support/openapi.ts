import Ajv, { type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

export type Media = { schema?: object; example?: unknown; examples?: Record<string, { value: unknown }> };
type Content = { content?: Record<string, Media> };
type Parameter = { in: string; name: string; example?: unknown };
export type Operation = {
  method: string;
  path: string;
  parameters: Parameter[];
  security?: Record<string, string[]>[];
  requestBody?: Content;
  responses: Record<string, Content>;
};
export type OpenApi = { paths: Record<string, Record<string, Omit<Operation, "method" | "path">>> };

/** Every operation of a document, its method in capitals. */
export const operationsOf = ({ paths }: OpenApi): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
    })),
  );

/** The documented examples of a body or answer; several where it names them. */
export const examplesOf = ({ example, examples }: Media): unknown[] => [
  ...(example === undefined ? [] : [example]),
  ...Object.values(examples ?? {}).map(({ value }) => value),
];

/** An answer as it was read to its end. */
export type Answer = { status: number; headers: Headers; body: string };

/** Security §7: on every answer. */
const required: Record<string, RegExp> = {
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^DENY$/,
  "x-xss-protection": /^0$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "referrer-policy": /./,
  "content-security-policy": /default-src 'none'|default-src 'self'/,
  "cache-control": /./,
  "x-request-id": /./,
};

/** What is wrong with an answer on any path: a fault of ours, or a header that is missing or says too much. */
export function checkHeaders({ status, headers }: Answer): string[] {
  const complaints = Object.entries(required).flatMap(([name, wanted]) =>
    wanted.test(headers.get(name) ?? "") ? [] : [`${name}: ${headers.get(name)}`],
  );
  for (const name of ["server", "x-powered-by"]) if (headers.has(name)) complaints.push(`has ${name}`);
  const comesBack = status === 503 || status === 429;
  if (comesBack && !(Number(headers.get("retry-after")) > 0)) complaints.push("no Retry-After");
  if (status >= 500 && status !== 503) complaints.push(`${status}`);
  return complaints;
}

/** Holds answers against what the document says of an operation. */
export function createAnswerCheck(document: OpenApi) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, "document", undefined, false);
  const compiled = new Map<string, ValidateFunction>();
  const schemaAt = (...steps: string[]) => {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
    const $ref = `document#/${pointer.join("/")}`;
    const found = compiled.get($ref) ?? ajv.compile({ $ref });
    compiled.set($ref, found);
    return found;
  };

  /** Everything that is wrong with the answer; an empty list is a good one. */
  return ({ method, path, responses }: Operation, answer: Answer): string[] => {
    const complaints = checkHeaders(answer);
    const status = responses[answer.status] ? String(answer.status) : "default";
    const isRefusal = answer.status >= 400;
    if (status === "default" && !isRefusal) return [...complaints, `${answer.status} is not documented`];
    const { content = {} } = responses[status] ?? {};
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    if (answer.body === "") {
      if (Object.keys(content).length > 0 && method !== "HEAD")
        complaints.push("an empty body is not documented");
      return complaints;
    }
    if (!content[type]) return [...complaints, `${answer.status} as ${type || "nothing"} is not documented`];
    if (!type.endsWith("json")) return complaints;

    let value: unknown;
    try {
      value = JSON.parse(answer.body);
    } catch {
      return [...complaints, "the body is not JSON"];
    }
    if (!content[type].schema) return [...complaints, "no schema is documented"];
    const holds = schemaAt(
      "paths",
      path,
      method.toLowerCase(),
      "responses",
      status,
      "content",
      type,
      "schema",
    );
    if (!holds(value)) complaints.push(`body: ${ajv.errorsText(holds.errors)}`);
    return complaints;
  };
}
