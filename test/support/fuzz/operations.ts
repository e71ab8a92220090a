import type { Schema } from "./schema-values";

export type Media = { schema?: Schema };
export type Parameter = { name: string; in: string; required: boolean; schema: Schema; example?: unknown };
export type Operation = {
  name: string;
  method: string;
  path: string;
  tags: readonly string[];
  parameters: readonly Parameter[];
  /** How a caller says who it is; an empty one stands for not at all. */
  security: readonly object[];
  /** By media type; the same schema for each. */
  body: Readonly<Record<string, Media>>;
  responses: Readonly<Record<string, { content?: Record<string, Media> }>>;
};
export type OpenApi = {
  paths: Record<
    string,
    Record<string, Partial<Operation> & { requestBody?: { content: Record<string, Media> } }>
  >;
  components: object;
};

export const operationsOf = ({ paths }: OpenApi): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { tags = [], parameters = [], security = [], requestBody, responses = {} }]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        tags,
        parameters,
        security,
        body: requestBody?.content ?? {},
        responses,
      }),
    ),
  );

/** The path with the examples of its parameters, or with one hostile segment, escaped or not. */
export const targetOf = (
  { path, parameters }: Operation,
  given: Readonly<Record<string, string>> = {},
): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === "path" && one.name === name);
    return given[name] ?? encodeURIComponent(String(parameter?.example));
  });
