/** The parts of an OpenAPI 3.0.3 document that are read or written here. */
export type Schema = { [keyword: string]: unknown };
export type Media = { schema?: Schema; example?: unknown; examples?: Record<string, unknown> };
export type Header = { description: string; schema: Schema };
export type Answer = {
  description?: string;
  headers?: Record<string, Header>;
  content?: Record<string, Media>;
};
export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  description?: string;
  required: boolean;
  schema: Schema;
  example?: unknown;
};
export type Operation = {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, Answer>;
  security?: readonly Record<string, readonly string[]>[];
};
export type SecurityScheme =
  | { type: "http"; scheme: "bearer"; description: string }
  | { type: "oauth2"; flows: { password: PasswordFlow }; description: string };
type PasswordFlow = { tokenUrl: string; scopes: Record<string, string> };
export type Paths = Record<string, Record<string, Operation>>;
export type OpenApiDocument = {
  openapi: "3.0.3";
  info: { title: string; version: string; description: string; license: { name: string; url: string } };
  servers: readonly { url: string; description: string }[];
  tags: readonly { name: string; description: string }[];
  paths: Paths;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, SecurityScheme> };
};
