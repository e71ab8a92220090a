import { afterAll, describe, expect, test } from "bun:test";
import { embeddedPlace } from "../support/databases";
import { startExecutable } from "../support/executable";
import { type OpenApi, operationsOf } from "../support/openapi";

const place = embeddedPlace();
const running = await startExecutable(place.env);
afterAll(async () => {
  await running.kill();
  place[Symbol.dispose]();
});

const document = (await (await fetch(`${running.url}/docs/json`)).json()) as OpenApi;
const byPath = Map.groupBy(operationsOf(document), ({ path }) => path);
const routes = [...byPath].map(([path, operations]) => {
  const documented = operations.map(({ method }) => method);
  const allowed = new Set([...documented, ...(documented.includes("GET") ? ["HEAD"] : []), "OPTIONS"]);
  const examples = operations.flatMap(({ parameters }) => parameters.filter((one) => one.in === "path"));
  const url = path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(String(examples.find((one) => one.name === name)?.example ?? "contact")),
  );
  return { path, url: running.url + url, allowed };
});
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "MKCOL"];

const listed = (answer: Response) =>
  new Set((answer.headers.get("allow") ?? "").split(",").map((method) => method.trim()));
const send = (url: string, method: string) => fetch(url, { method, redirect: "manual" });

test("the document lists the routes that are asked", () => {
  expect(routes.length).toBeGreaterThan(10);
});

/** Those of patterns that take the address too: `/submissions/{id}` takes `/submissions/export`, and finds nothing. */
const takenElsewhere = (path: string, method: string) =>
  [...byPath].some(
    ([pattern, operations]) =>
      pattern !== path &&
      new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`).test(path) &&
      operations.some((one) => one.method === (method === "HEAD" ? "GET" : method)),
  );

describe.each(routes)("$path", ({ path, url, allowed }) => {
  test("answers every other method with 405 and what it takes", async () => {
    for (const method of methods.filter((one) => !allowed.has(one) && !takenElsewhere(path, one))) {
      const answer = await send(url, method);
      const text = await answer.text();
      expect({ method, status: answer.status, allow: listed(answer) }).toEqual({
        method,
        status: 405,
        allow: allowed,
      });
      // The publishing surface has no codes.
      const code = path.startsWith("/v1/") ? "Method Not Allowed" : "method_not_allowed";
      expect(text === "" || text.includes(code)).toBe(true);
    }
  });

  test("answers OPTIONS with 204 and the same", async () => {
    const answer = await send(url, "OPTIONS");

    expect([answer.status, await answer.text(), listed(answer)]).toEqual([204, "", allowed]);
  });
});

describe.each(routes.filter(({ allowed }) => allowed.has("GET")))("$path", ({ url }) => {
  test("answers HEAD as GET, without the body", async () => {
    const [get, head] = [await send(url, "GET"), await send(url, "HEAD")];

    await get.bytes();
    expect([head.status, await head.text()]).toEqual([get.status, ""]);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
  });
});
