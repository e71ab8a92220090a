import { expect, test } from "bun:test";
import { describedApp } from "#/cli/openapi";
import { fillPath } from "../smoke/inputs";
import { accessOf, type Caller, type Cell, callers, type Denial, isProtected } from "../support/access";
import { type Cast, newCast, tokenOf } from "../support/callers";
import { examplesOf, type OpenApi, type Operation, operationsOf } from "../support/openapi";
import { openWorld } from "../support/world";

const world = await openWorld();

const app = describedApp();
const document = (await (await app.handle(new Request("http://localhost/docs/json"))).json()) as OpenApi;
const operations = operationsOf(document);
const routes = app.routes.map(({ method, path }) => ({ method, path }));
const guarded = operations.filter(({ method, path }) => isProtected(method, path));

/** The row that a path with an id means, as the owner has it; the answer to anybody else is 404. */
const ownIds: Record<string, (cast: Cast) => string> = {
  "DELETE /api/v1/account/sessions/{id}": ({ owner }) => String(owner.sessionId),
};

const denials: Record<Denial, { status: number; message: RegExp }> = {
  signed_out: { status: 401, message: /^No authorization header provided$|^Signing out needs/ },
  email_not_verified: { status: 403, message: /^Account not verified$/ },
  editor_role_required: { status: 403, message: /role editor/ },
  dev_role_required: { status: 403, message: /role dev/ },
  dev_scope_required: { status: 403, message: /scope dev/ },
  enrolment_required: { status: 403, message: /enrolled/ },
};
const isDenial = (cell: Cell): cell is Denial => cell in denials;

/** On the surface that shows no codes. */
const signedOutTexts =
  /^(No authorization|Not enough segments|Invalid token|Signature|Token has|Account not ver)/;

type Call = { title: string; path: string; init: RequestInit };
const json = { "content-type": "application/json" };

/** The documented call, and calls that would be refused for what they hold if anybody looked. */
function callsOf(operation: Operation, id: string | undefined): { documented: Call; odd: Call[] } {
  const { method, parameters } = operation;
  const path = fillPath(operation, id === undefined ? {} : { id });
  const query = parameters
    .filter(({ in: place, example }) => place === "query" && example !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`);
  const whole = query.length > 0 ? `${path}?${query.join("&")}` : path;
  // Where a token may also come in the body, a call without any has none.
  const mayBeAnonymous = operation.security?.some((one) => Object.keys(one).length === 0);
  if (mayBeAnonymous) return { documented: { title: "bare", path, init: { method } }, odd: [] };
  const media = operation.requestBody?.content?.["application/json"];
  const [example = {}] = media ? examplesOf(media) : [];
  const documented: Call = {
    title: "documented",
    path: whole,
    init: { method, ...(media && { headers: json, body: JSON.stringify(example) }) },
  };
  const odd: Call[] = parameters.some(({ in: place }) => place === "path")
    ? [
        {
          title: "an id that cannot be",
          path: operation.path.replace(/\{\w+\}/g, "%00"),
          init: { ...documented.init },
        },
      ]
    : [];
  if (parameters.some(({ in: place }) => place === "query"))
    odd.push({ title: "a query that cannot be", path: `${path}?limit=-1&after=x&q=x`, init: { method } });
  if (method === "GET")
    return { documented, odd: [...odd, { ...documented, title: "HEAD", init: { method: "HEAD" } }] };
  const bodies: [title: string, headers: Record<string, string>, body: string][] = [
    ["broken JSON", json, '{"'],
    ["another type", { "content-type": "image/png" }, "png"],
    ["compressed", { ...json, "content-encoding": "gzip" }, "{}"],
    ["a list", json, "[]"],
    ["too large", json, JSON.stringify({ a: "a".repeat(2_000_000) })],
    ["too deep", json, "[".repeat(5_000)],
  ];
  return {
    documented,
    odd: [
      ...odd,
      ...bodies.map(([title, headers, body]) => ({ title, path, init: { method, headers, body } })),
    ],
  };
}

/** What is wrong with how a caller was answered. */
function complaintsOf(
  { path, init: { method } }: Call,
  cell: Cell,
  answer: Response,
  text: string,
): string[] {
  const body = (
    text !== "" && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {}
  ) as {
    code?: string;
    detail?: string;
    error?: { message: string };
  };
  if (!isDenial(cell)) {
    const said = body.code ?? body.error?.message ?? "";
    const isRefused = /^(unauthorized|token_\w+)$/.test(said) || said in denials || signedOutTexts.test(said);
    return isRefused || answer.status >= 500 ? [`${answer.status} ${body.code}, should be let in`] : [];
  }
  const { status, message } = denials[cell];
  const isTyped = path.startsWith("/v1/");
  const wanted = isTyped ? 403 : status;
  if (answer.status !== wanted) return [`${answer.status} ${body.code}, should be ${wanted} ${cell}`];
  if (wanted === 401 && answer.headers.get("www-authenticate") !== "Bearer") return ["no WWW-Authenticate"];
  if (method === "HEAD") return [];
  if (isTyped) return message.test(body.error?.message ?? "") ? [] : [`says ${text}`];
  const code = cell === "signed_out" ? "unauthorized" : cell;
  return body.code === code && message.test(body.detail ?? "") ? [] : [`says ${text}`];
}

const named = ({ method, path }: Pick<Operation, "method" | "path">) => `${method} ${path}`;

test("every route has a row that says who may call it", () => {
  const undecided = routes.filter(({ method, path }) => accessOf(method, path) === undefined);

  expect(undecided.map(named)).toEqual([]);
  expect(routes.length).toBeGreaterThan(50);
});

test("the document asks for a token where the rows do, and nowhere else", () => {
  const asks = ({ security = [] }: Operation) => security.some((one) => "bearer" in one);

  expect(operations.filter(asks).map(named).toSorted()).toEqual(guarded.map(named).toSorted());
  expect(guarded.length).toBeGreaterThan(25);
});

test("every id of a person's own rows is known to the tests", () => {
  const withIds = guarded.filter(
    ({ method, path }) => accessOf(method, path)?.owner === "own" && path.includes("{"),
  );

  expect(withIds.map(named).toSorted()).toEqual(Object.keys(ownIds).toSorted());
});

world.describe("who may call", () => {
  test.each(operations.map((operation) => [named(operation), operation] as const))(
    "%s",
    async (name, operation) => {
      const cells = accessOf(operation.method, operation.path);
      const cast = await newCast(world);
      const before = await world.traces();
      const found: string[] = [];
      const call = async (caller: Caller, one: Call) => {
        const { title, path, init } = one;
        const headers = { ...(init.headers as Record<string, string>), ...tokenOf(cast, caller) };
        const answer = await world.send(path, { ...init, headers });
        const cell = cells?.[caller] ?? expect.unreachable();
        const complaints = complaintsOf(one, cell, answer, await answer.text());
        found.push(...complaints.map((text) => `${caller}, ${title}: ${text}`));
        return answer;
      };
      const { documented, odd } = callsOf(operation, ownIds[name]?.(cast));
      const refused = callers.filter((caller) => isDenial(cells?.[caller] ?? "yes"));

      for (const caller of refused) for (const one of [documented, ...odd]) await call(caller, one);
      expect(found).toEqual([]);
      if (refused.length > 0) expect(await world.traces()).toEqual(before);

      // The owner last: what others could not find is still there.
      for (const caller of callers.filter((one) => !refused.includes(one)).toSorted(ownerLast)) {
        const answer = await call(caller, documented);
        if (!(name in ownIds)) continue;
        const isOwner = caller === "owner";
        if ((answer.status === 404) === isOwner)
          found.push(`${caller}: ${answer.status} for the owner's row`);
        if (isOwner && answer.status >= 400) found.push(`${caller}: ${answer.status} for the own row`);
      }
      expect(found).toEqual([]);
    },
    60_000,
  );
});

const ownerLast = (one: Caller, other: Caller) => Number(one === "owner") - Number(other === "owner");
