import { type AnyElysia, Elysia, t } from "elysia";
import { answerCached, contentSecurityPolicy, prefersHtml, tagOf } from "#/kernel/http";
import { type DocumentOptions, openApiDocument } from "./openapi-document";
import { homePolicy, type ListedForm, renderHome } from "./render-home";
import { viewerPage } from "./render-viewer";
import { answerViewerFile } from "./viewer-files";

type Options = DocumentOptions & { forms: readonly ListedForm[] };

/**
 * The start page, the OpenAPI document of the app it is used by, and the viewer, at both documented addresses. For the
 * root app, anywhere: the document is made when it is first asked for, from all routes there are then.
 */
export const documentation =
  (options: Options) =>
  <App extends AnyElysia>(app: App): App => {
    let text: string | undefined;
    const read = () => {
      text ??= JSON.stringify(openApiDocument(app.routes, options));
      return text;
    };
    app.use(documentationRoutes(read, options));
    return app;
  };

function documentationRoutes(readDocument: () => string, { version, forms }: Options) {
  const viewerTag = tagOf(viewerPage);
  const showViewer = async ({ request }: { request: Request }) =>
    answerCached(request, viewerTag, viewerHeaders, viewerPage);
  const home = renderHome(version, forms);
  const links = { name: "Gatehouse", version, docs: "/docs", openapi: "/docs/json", health: "/health" };

  return new Elysia({ name: "docs", tags: ["documentation"] })
    .get("/", async ({ request }) => answerHome(request, home, links), {
      detail: {
        summary: "What this is",
        description: "A page with links for a browser, the links alone for a program.",
        responses: {
          200: {
            description: "The start page",
            content: { "application/json": linksOf(links), "text/html": page },
          },
        },
      },
    })
    .get("/docs", showViewer, { detail: { summary: "This documentation", responses: viewerAnswers } })
    .get("/api/v1/docs", showViewer, {
      detail: { summary: "This documentation, at its other address", responses: viewerAnswers },
    })
    .get("/docs/json", async ({ request }) => answerDocument(request, readDocument()), {
      detail: {
        summary: "The OpenAPI document",
        description: "OpenAPI 3.0.3, made from the routes themselves.",
        responses: { 200: documentAnswer, 304: { description: "Not changed since it was last asked for" } },
      },
    })
    .get("/docs/assets/:name", async ({ request, params }) => answerViewerFile(request, params.name), {
      params: t.Object({ name: t.String() }),
      detail: { hide: true },
    });
}

const viewerHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": contentSecurityPolicy.documentation,
  "cache-control": "no-cache",
};

function answerDocument(request: Request, text: string): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-cache" };
  return answerCached(request, tagOf(text), headers, text);
}

function answerHome(request: Request, home: string, links: object): Response {
  const headers = { "cache-control": "no-cache", vary: "Accept" };
  if (!prefersHtml(request.headers.get("accept"))) return Response.json(links, { headers });
  return answerCached(request, tagOf(home), { ...headers, ...homeHeaders }, home);
}

const homeHeaders = { "content-type": "text/html; charset=utf-8", "content-security-policy": homePolicy };

const page = { schema: { type: "string" as const, description: "A page" } };
const viewerAnswers = {
  200: { description: "A page that shows the document", content: { "text/html": page } },
  304: { description: "Not changed since it was last asked for" },
};
const documentAnswer = {
  description: "The document",
  content: {
    "application/json": {
      schema: { type: "object" as const, required: ["openapi", "info", "paths"], additionalProperties: true },
      example: { openapi: "3.0.3", info: { title: "Gatehouse", version: "0.1.0" }, paths: {} },
    },
  },
};

function linksOf(links: Record<string, string>) {
  const properties = Object.fromEntries(
    Object.keys(links).map((name) => [name, { type: "string" as const }]),
  );
  return { schema: { type: "object" as const, required: Object.keys(links), properties }, example: links };
}
