import { Elysia, t } from "elysia";
import { AppError } from "#/kernel/errors";
import {
  apiCors,
  appOptions,
  byPath,
  chooseVoice,
  clientOf,
  contextOf,
  formsCors,
  type HttpOptions,
  httpKernel,
  jsonBody,
  type Lane,
  plain,
  problem,
  readBytes,
  typed,
} from "#/kernel/http";

/** As `app.ts` lists them: the exact address before the ones below it, the longer prefix before the shorter. */
export const voiceOf = chooseVoice([
  ["/health", plain],
  ["/health/*", problem],
  ["/api/v1/*", problem],
  ["/api/*", plain],
  ["/f/*", plain],
  ["/v1/*", typed],
]);

export const secret = "hunter2-planted";

/** A module with JSON routes on each surface, as modules write them. */
const things = () => {
  const schema = {
    body: t.Object({
      name: t.String({ minLength: 2, maxLength: 20 }),
      age: t.Optional(t.Integer({ minimum: 0 })),
    }),
    response: t.Object({ name: t.String() }),
  };
  return new Elysia({ name: "sample.things" })
    .use(jsonBody)
    .post("/api/things", async ({ body }) => body, schema)
    .post("/api/v1/things", async ({ body }) => body, schema)
    .post("/v1/things", async ({ body }) => body, schema);
};

/** A module that reads the body itself. */
const forms = () =>
  new Elysia({ name: "sample.forms" })
    .post(
      "/f/:form",
      async ({ request, params }) => ({ form: params.form, bytes: (await readBytes(request, 1000)).length }),
      { parse: "none" },
    )
    .post(
      "/f/:form/files",
      async ({ request }) => ({
        bytes: (await readBytes(request, 40_000_000, { timeoutMs: 20_000 })).length,
      }),
      { parse: "none" },
    )
    .post(
      "/f/:form/hurry",
      async ({ request }) => ({ bytes: (await readBytes(request, 1000, { timeoutMs: 1 })).length }),
      {
        parse: "none",
      },
    );

type Settings = Partial<HttpOptions["config"]> & Partial<Omit<HttpOptions, "config">>;

/** A small app behind the kernel, with a route for each thing that can go wrong. */
export function sampleApp({ log = () => {}, ...rest }: Settings = {}) {
  const config = {
    PUBLIC_URL: "https://gatehouse.example",
    allowedOrigins: [],
    production: true,
    trustedProxies: [],
    ...rest,
  };
  const corsOf = byPath([["/f/*", formsCors(config)]], apiCors(config));
  const laneOf = byPath<Lane>(
    [
      ["/health/*", "exempt"],
      ["/f/*", "forms"],
    ],
    "other",
  );
  return new Elysia(appOptions)
    .use(httpKernel({ config, log, voiceOf, corsOf, laneOf, ...rest }))
    .get("/health", async () => ({ status: "ok" }))
    .get("/who", async ({ request }) => ({ ...clientOf(request), id: contextOf(request).id }))
    .get("/v1/users/:id", async ({ params }) => params, {
      params: t.Object({ id: t.String({ pattern: "^[1-9]" }) }),
    })
    .get("/api/thrown", async () => {
      throw Object.assign(new Error(secret), { status: 418, code: "23505", detail: secret });
    })
    .get("/api/unavailable", async () => {
      throw new AppError(503, "unavailable", "Cannot store this now", {
        retryAfter: 1.2,
        cause: new TypeError(secret),
      });
    })
    .get("/api/v1/guarded", async () => {
      throw new AppError(401, "unauthorized", "Cannot identify the caller");
    })
    .get("/api/v1/broken-response", async () => ({ wrong: secret }) as never, {
      response: t.Object({ right: t.String() }),
    })
    .get("/api/v1/broken-header", async ({ set }) => {
      set.headers["x-broken"] = `${secret}\r\nx-injected: é世`;
      return "never sent";
    })
    .get(
      "/page",
      async () => new Response("<p>", { headers: { "content-security-policy": "default-src 'self'" } }),
    )
    .get("/away", async () => Response.redirect("https://www.example.com/thanks", 303))
    .use(things())
    .use(forms());
}

export const ask = (app: { handle(request: Request): Promise<Response> }, path: string, init?: RequestInit) =>
  app.handle(new Request(`http://localhost${path}`, init));

export const sendJson = (
  body: string | Uint8Array<ArrayBuffer>,
  contentType = "application/json",
): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": contentType },
});
