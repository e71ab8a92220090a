import { filterPaths, registerSchemaPath } from "@elysiajs/swagger/utils";
import type { AnyElysia } from "elysia";
import { schemesOf } from "#/kernel/http";
import type { Answer, Operation, Parameter, Paths } from "./openapi-types";

type Route = AnyElysia["routes"][number];

const documented = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The routes that are not hidden, as the Swagger plugin describes them. Its page and its own route are left out (they
 * load a CDN); so are HEAD, OPTIONS and the TRACE it lists for `.all`. What a route says in `detail.responses` and
 * `detail.parameters` is added to its schemas instead of replacing them.
 */
export function describeRoutes(routes: readonly Route[]): Paths {
  const paths: Parameters<typeof registerSchemaPath>[0]["schema"] = {};
  const said: [path: string, method: string, Said][] = [];
  for (const { method, path, hooks } of routes) {
    if (hooks?.detail?.hide === true) continue;
    const { responses = {}, parameters = [], ...detail } = hooks?.detail ?? {};
    const schemes = schemesOf([hooks?.transform ?? []].flat());
    for (const one of method === "ALL" ? documented : [method]) {
      if (!documented.includes(one)) continue;
      const hook = {
        ...hooks,
        ...(isObject(hooks?.body) && { body: asDeclared(hooks.body) }),
        // Else the plugin takes what parses the request for the type of the answer.
        parse: ["application/json"],
        detail: {
          ...(schemes.length > 0 && { security: schemes.map((name) => ({ [name]: [] })) }),
          ...detail,
          operationId: detail.operationId ?? operationId(one, path),
        },
      };
      registerSchemaPath({ schema: paths, hook, method: one as Route["method"], path, models: {} });
      said.push([openApiPath(path), one.toLowerCase(), { responses, parameters }]);
    }
  }
  // As JSON once: schemas carry symbols, and members without a value.
  const described: Paths = JSON.parse(
    JSON.stringify(filterPaths(paths, { excludeStaticFile: false, exclude: [] })),
  );
  for (const operation of Object.values(described).flatMap((methods) => Object.values(methods))) {
    operation.responses = asDeclared(operation.responses) as Operation["responses"];
  }
  for (const [path, method, more] of said) addSaid(described[path]?.[method], more);
  return described;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/**
 * Schemas as their route declares them. Elysia closes them against other members while it compiles a route, which it
 * does late; yet other members are left out of bodies and answers, not refused.
 */
const asDeclared = (schema: object): object =>
  JSON.parse(JSON.stringify(schema), (key, value) => {
    return key === "additionalProperties" && value === false ? undefined : value;
  });

type Said = { responses: Record<string, Answer>; parameters: Parameter[] };

function addSaid(operation: Operation | undefined, { responses, parameters }: Said): void {
  if (!operation) return;
  operation.parameters = [...(operation.parameters ?? []), ...parameters];
  // The plugin puts an empty 200 where a route declares nothing.
  if (isEmptyDefault(operation) && Object.keys(responses).length > 0) operation.responses = {};
  for (const [status, answer] of Object.entries(responses)) {
    const known = operation.responses[status];
    const content = { ...known?.content };
    for (const [type, media] of Object.entries(answer.content ?? {})) {
      content[type] = { ...content[type], ...media };
    }
    operation.responses[status] = { ...known, ...answer, content };
  }
}

const isEmptyDefault = ({ responses }: Operation) =>
  Object.keys(responses).length === 1 && Object.keys(responses[200] ?? {}).length === 0 && "200" in responses;

const openApiPath = (path: string) => path.replace(/:([^/?]+)\??/g, "{$1}");

/** `POST /api/v1/pilot_request` is `postApiV1PilotRequest`. */
const operationId = (method: string, path: string) =>
  [
    method.toLowerCase(),
    ...path
      .split(/[^A-Za-z0-9]+/)
      .filter(Boolean)
      .map(capital),
  ].join("") + (path === "/" ? "Home" : "");

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
