import type { AnyElysia } from "elysia";
import type { Voice } from "#/kernel/http";
import { completeOperation } from "./complete-operation";
import { describeRoutes } from "./describe-routes";
import { errorSchemas } from "./error-answers";
import { introduction, tags } from "./introduction";
import type { OpenApiDocument, Operation, Paths, Schema, SecurityScheme } from "./openapi-types";

export type DocumentOptions = { version: string; voiceOf(path: string): Voice };

/** The OpenAPI 3.0.3 document of every route that is not hidden, complete: nothing in it is left to guess. */
export function openApiDocument(
  routes: AnyElysia["routes"],
  { version, voiceOf }: DocumentOptions,
): OpenApiDocument {
  const paths: Paths = {};
  const usedTags = new Set<string>();
  for (const [path, operations] of Object.entries(describeRoutes(routes))) {
    const completed = Object.entries(operations).map(([method, operation]): [string, Operation] => {
      for (const tag of operation.tags ?? []) usedTags.add(tag);
      return [method, completeOperation(operation, voiceOf(path))];
    });
    paths[path] = Object.fromEntries(completed);
  }
  const text = JSON.stringify(paths);
  const schemas: [string, Schema][] = Object.entries(errorSchemas).filter(([name]) =>
    text.includes(`"#/components/schemas/${name}"`),
  );
  return {
    openapi: "3.0.3",
    info: {
      title: "Gatehouse",
      version,
      description: introduction,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: "/", description: "This server" }],
    tags: tags.filter(({ name }) => usedTags.has(name)),
    paths,
    components: { schemas: Object.fromEntries(schemas), securitySchemes: usedSchemes(paths) },
  };
}

/** How a caller may say who it is; a route names these in `detail.security`. */
const securitySchemes: Record<string, SecurityScheme> = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "An access token, as a sign-in or a refresh answers it",
  },
  password: {
    type: "oauth2",
    flows: {
      password: {
        tokenUrl: "/api/v1/auth/login",
        scopes: { user: "The portal", dev: "Everything of the role dev; needs a one-time code" },
      },
    },
    description: "Signs in with an address and a password (RFC 6749 §4.3)",
  },
  metricsToken: {
    type: "http",
    scheme: "bearer",
    description: "`METRICS_TOKEN`, as the operator has set it",
  },
};

function usedSchemes(paths: Paths): Record<string, SecurityScheme> {
  const operations = Object.values(paths).flatMap((each) => Object.values(each));
  const used = new Set(operations.flatMap(({ security = [] }) => security.flatMap(Object.keys)));
  return Object.fromEntries(Object.entries(securitySchemes).filter(([name]) => used.has(name)));
}
