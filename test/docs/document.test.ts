import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describedApp } from "#/cli/openapi";
import { runGatehouse } from "../support/command";
import { temporaryFolder } from "../support/folder";

type Media = { schema?: object; example?: unknown; examples?: Record<string, unknown> };
type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  description?: string;
  parameters?: object[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
};

type Document = {
  openapi: string;
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object };
};

const app = describedApp();
const answer = await app.handle(new Request("http://localhost/docs/json"));
const document = (await answer.json()) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    call: `${method.toUpperCase()} ${path}`,
    ...operation,
  })),
);
const answers = operations.flatMap(({ call, responses }) =>
  Object.entries(responses).map(([status, response]) => ({ call: `${call} ${status}`, ...response })),
);
const callsOf = (found: readonly { call: string }[]) => found.map(({ call }) => call);

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.0", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));

    expect({ valid, errors }).toEqual({ valid: true, errors: undefined as never });
    expect(document.openapi).toBe("3.0.3");
  });

  test("has every route that is not hidden, and no other", () => {
    const routes = app.routes
      .filter(({ hooks }) => hooks.detail?.hide !== true)
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);

    expect(routes.length).toBeGreaterThan(15);
    expect(callsOf(operations).toSorted()).toEqual(routes.toSorted());
  });

  test("hides the files of its own pages alone", () => {
    const hidden = app.routes.filter(({ hooks }) => hooks.detail?.hide === true).map(({ path }) => path);

    expect(hidden).toEqual(["/docs/assets/:name"]);
  });

  test("says of every operation what it does, under a tag that is described", () => {
    const described = new Map(document.tags.map(({ name, description }) => [name, description]));
    const silent = operations.filter(
      ({ summary, tags = [] }) => !summary || tags.length === 0 || !tags.every((tag) => described.get(tag)),
    );

    expect(callsOf(silent)).toEqual([]);
  });

  test("asks for a token where a route refuses who has none", async () => {
    const secured = operations.filter(({ security = [] }) => security.some((one) => "bearer" in one));

    expect(callsOf(secured)).toContain("GET /api/v1/users/me");
    expect(callsOf(secured.filter(({ responses }) => !("401" in responses && "403" in responses)))).toEqual(
      [],
    );
  });

  test("names every operation once", () => {
    const names = operations.map(({ operationId }) => operationId);

    expect(names.filter((name) => !/^[a-z][A-Za-z0-9]+$/.test(name ?? ""))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("describes every answer, and what any other refusal looks like", () => {
    expect(callsOf(answers.filter(({ description }) => !description))).toEqual([]);
    expect(callsOf(operations.filter(({ responses }) => !responses.default))).toEqual([]);
  });

  test("shows schema and example of every JSON answer and body", () => {
    const bodies = operations.flatMap(({ call, requestBody }) =>
      requestBody ? [{ call: `${call} body`, content: requestBody.content }] : [],
    );
    const medias = [...answers, ...bodies].flatMap(({ call, content = {} }) =>
      Object.entries(content)
        .filter(([type]) => type.endsWith("json"))
        .map(([type, media]) => ({ call: `${call} ${type}`, ...media })),
    );
    const poor = medias.filter(
      ({ schema, example, examples }) =>
        !schema || (example === undefined && Object.keys(examples ?? {}).length === 0),
    );

    expect(medias.length).toBeGreaterThan(operations.length);
    expect(callsOf(poor)).toEqual([]);
  });

  test("words refusals as their surface does", () => {
    const problems = answers.filter(({ content }) => content && "application/problem+json" in content);
    const spoken = new Set(problems.map(({ call }) => call.split(" ")[1] ?? ""));

    expect([...spoken].filter((path) => /^\/(api\/(?!v1\/)|f\/|health$)/.test(path))).toEqual([]);
    expect(spoken).toContain("/api/v1/contact");
  });

  test("shows the bodies that existing sites compare", () => {
    const contact = document.paths["/api/contact"]?.post;
    const json = "application/json";

    expect(contact?.responses).toMatchObject({
      200: { content: { [json]: { example: { status: "ok", message: "Form received" } } } },
      400: {
        content: { [json]: { examples: { missing: { value: { error: "All fields are required" } } } } },
      },
    });
    expect(contact?.description).toContain('<form action="http://localhost:8000/api/contact" method="post">');
  });

  test("refers to nothing that is missing, and holds nothing that is not referred to", () => {
    const text = JSON.stringify(document);
    const references = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
    );

    expect([...references].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
    expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
  });
});

test("what a route says of a header is added to what its schemas say of the path", () => {
  const operation = document.paths["/f/{form}"]?.post;

  expect(operation?.parameters).toMatchObject([
    { in: "path", name: "form", required: true, schema: { type: "string" }, example: "contact" },
    { in: "header", name: "Idempotency-Key", description: expect.any(String) },
  ]);
});

test("the command prints the same document, and opens nothing", async () => {
  using folder = temporaryFolder();

  const { code, stdout } = await runGatehouse(["openapi"], { cwd: folder.path });

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(document);
  expect([...new Bun.Glob("**/*").scanSync({ cwd: folder.path, dot: true })]).toEqual([]);
});
