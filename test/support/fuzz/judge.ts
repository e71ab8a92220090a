import Ajv from "ajv";
import addFormats from "ajv-formats";
import type { Case } from "./cases";
import type { Answer } from "./exchange";
import { canary } from "./hostile-text";
import type { OpenApi, Operation } from "./operations";
import { faultsOfPage } from "./page-faults";

/** What is wrong with an answer; nothing, when all is well. */
export type Judge = (operation: Operation, sent: Case, answer: Answer) => string[];

const always: Record<string, RegExp> = {
  "x-content-type-options": /^nosniff$/,
  "referrer-policy": /^(strict-origin-when-cross-origin|no-referrer)$/,
  "x-frame-options": /^DENY$/,
  "x-xss-protection": /^0$/,
  "cross-origin-opener-policy": /^same-origin$/,
  "x-request-id": /^[A-Za-z0-9._-]{8,128}$/,
  "content-security-policy": /^default-src '(none|self)';/,
  "cache-control": /^(no-store|no-cache)$/,
};

/** Holds answers to the document, to the words of the surface, and to what no answer may hold. */
export function judgeBy(document: OpenApi): Judge {
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  const ours = JSON.stringify(document);
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  const validate = (key: string, schema: object, value: unknown) => {
    const check =
      compiled.get(key) ??
      ajv.compile({ ...(closed(schema) as object), components: closed(document.components) });
    compiled.set(key, check);
    return check(value)
      ? []
      : (check.errors ?? []).map(({ instancePath, message }) => `body${instancePath} ${message}`);
  };

  const faultsOfBody = (
    operation: Operation,
    { method }: Case,
    { status, headers, text }: Answer,
  ): string[] => {
    const content = operation.responses[status]?.content ?? {};
    const [type = ""] = (headers.get("content-type") ?? "").split(";");
    if (Object.keys(content).length === 0 || method === "HEAD")
      return text === "" ? [] : ["has a body that is not documented"];
    const media = content[type];
    if (!media) return [`has the type "${type}", documented are ${Object.keys(content)}`];
    if (!type.endsWith("json")) return [];
    return validate(`${operation.name} ${status} ${type}`, media.schema ?? {}, JSON.parse(text));
  };

  return (operation, sent, answer) => {
    const { status, headers, text } = answer;
    const page = headers.get("content-type")?.startsWith("text/html");
    return [
      ...(status in operation.responses
        ? faultsOfBody(operation, sent, answer)
        : [`${status} is not documented`]),
      ...(status >= 500 && !(status === 503 && headers.has("retry-after")) ? [`failed with ${status}`] : []),
      ...(isExpected(sent, status) ? [] : [`${status} where it should be ${sent.expected}`]),
      ...Object.entries(always)
        .filter(([name, rule]) => !rule.test(headers.get(name) ?? ""))
        .map(([name]) => `${name} is "${headers.get(name)}"`),
      ...["server", "x-powered-by"].filter((name) => headers.has(name)).map((name) => `says ${name}`),
      ...(page
        ? faultsOfPage(text, sent.planted)
        : status < 400
          ? []
          : faultsOfRefusal(operation.path, answer)),
      ...(page || status < 400 ? [] : repeated(sent.planted, text, ours)),
      ...faultsOfLocation(sent, headers),
    ];
  };
}

const isExpected = ({ expected }: Case, status: number) =>
  expected === undefined ||
  (expected === "taken" ? status < 400 : expected === "refused" ? status >= 400 : status === expected);

/** The words of a surface (style §4), by path alone and not by what the document says of it. */
export function faultsOfRefusal(path: string, { status, headers, text }: Answer): string[] {
  if (text === "") return ["refuses without a word"];
  const body = JSON.parse(text) as Record<string, unknown>;
  if (path.startsWith("/v1/")) {
    const { message, status: said, type } = (body.error ?? {}) as Record<string, unknown>;
    const speaks = typeof message === "string" && said === status && typeof type === "string";
    return speaks ? [] : ["does not speak as `typed`"];
  }
  const isPlain = path === "/health" || (/^\/(api|f)\//.test(path) && !path.startsWith("/api/v1/"));
  if (isPlain) return typeof body.error === "string" ? [] : ["does not speak as `plain`"];
  if (path.startsWith("/v1/")) {
    const { message, status: said, type } = (body.error ?? {}) as Record<string, unknown>;
    const isTyped = typeof message === "string" && said === status && typeof type === "string";
    return isTyped && Object.keys(body).length === 1 ? [] : ["does not speak as `typed`"];
  }
  const speaks =
    headers.get("content-type") === "application/problem+json" &&
    body.type === "about:blank" &&
    body.status === status &&
    typeof body.code === "string" &&
    body.request_id === headers.get("x-request-id");
  return speaks ? [] : ["does not speak as `problem`"];
}

/** Short texts and those of the document ("true", "message") are in our own words too. */
function repeated(planted: readonly string[], text: string, ours: string): string[] {
  const words = JSON.stringify(JSON.parse(text), (name, value) => (name === "request_id" ? "" : value));
  const found = planted.filter((one) => one.length > 4 && words.includes(JSON.stringify(one).slice(1, -1)));
  return [...found, ...(words.includes(canary) ? [canary] : [])]
    .filter((one) => !ours.includes(JSON.stringify(one).slice(1, -1)))
    .map((one) => `repeats ${JSON.stringify(one.slice(0, 60))}`);
}

function faultsOfLocation({ headers: sent }: Case, headers: Headers): string[] {
  const location = headers.get("location");
  if (location === null || sent.some(([name]) => name === "origin" || name === "referer")) return [];
  return new URL(location, "http://here.invalid").origin === "http://here.invalid"
    ? []
    : [`leads to ${location}`];
}

/** Objects whose members are listed have no others: a document that is true says everything. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const own = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return "properties" in own && !("additionalProperties" in own) && own.type === "object"
    ? { ...own, additionalProperties: false }
    : own;
}
