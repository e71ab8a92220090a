import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import addFormats from "ajv-formats";
import { OpenAPIBackend } from "openapi-backend";
import type { HttpCall, HttpClient, HttpResult } from "#/kernel/http-client";

/** What the vendor answers; a failure of the network as it is. */
type Reply = { status: number; json?: unknown; headers?: Record<string, string> } | HttpResult;
export type Answerer = (operationId: string, body: never, call: HttpCall) => Reply | Promise<Reply>;

export type VendorApi = {
  http: HttpClient;
  /** Every call that came, in order, with the operation of the description it is. */
  calls: { operationId: string; call: HttpCall; body: unknown }[];
  /** What the description does not allow: empty, when all is well. */
  faults: string[];
  /** From now on answers so. */
  answer(answerer: Answerer): void;
};

const specs = join(import.meta.dir, "../../../shared/specs");

/** The vendor's own description, or undefined where it is not beside the repository: then nothing can be held to it. */
export function vendorSpec(file: string): object | undefined {
  const path = join(specs, file);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
  if (process.env.REQUIRE_SERVICES === "1") throw new Error(`${file} is not in ../shared/specs`);
  console.error(`skipped: ${file} is not in ../shared/specs beside the repository`);
  return;
}

/** A vendor in this process that takes only what its description allows, signed in with `authorization`. */
export async function vendorApi(
  definition: object,
  { scheme, authorization }: { scheme: string; authorization: string },
): Promise<VendorApi> {
  let answerer: Answerer = () => ({ status: 500, json: {} });
  const calls: VendorApi["calls"] = [];
  const faults: string[] = [];
  const refuse = (status: number, fault: string): Reply => {
    faults.push(fault);
    return { status, json: { message: fault } };
  };
  const api = new OpenAPIBackend({
    definition: definition as never,
    quick: true,
    // Formats of numbers such as int64 are none of JSON Schema.
    ajvOpts: { strict: false, formats: { int32: true, int64: true } },
    // biome-ignore lint/suspicious/noExplicitAny: two copies of one type
    customizeAjv: (ajv) => addFormats(ajv as any) as any,
    handlers: {
      notFound: (_, call: HttpCall) => refuse(404, `no operation ${call.method} ${call.url}`),
      methodNotAllowed: (_, call: HttpCall) => refuse(405, `no operation ${call.method} ${call.url}`),
      unauthorizedHandler: () => refuse(401, "not signed in"),
      validationFail: ({ validation }) => refuse(400, JSON.stringify(validation.errors)),
      notImplemented: ({ operation, request }, call: HttpCall) => {
        const operationId = String(operation.operationId);
        calls.push({ operationId, call, body: request.requestBody });
        return answerer(operationId, request.requestBody as never, call);
      },
    },
    securityHandlers: { [scheme]: ({ request }) => request.headers.authorization === authorization },
  });
  await api.init();

  return {
    calls,
    faults,
    answer(next) {
      answerer = next;
    },
    http: {
      async call(call) {
        const { pathname, search } = new URL(call.url);
        const request = {
          method: call.method,
          path: pathname,
          query: search.slice(1),
          headers: { ...call.headers },
          ...(call.body !== undefined && { body: String(call.body) }),
        };
        const reply = (await api.handleRequest(request, call)) as Reply;
        if ("kind" in reply) return reply;
        const { status, json, headers } = reply;
        return {
          kind: "answer",
          status,
          headers: new Headers({
            ...(json !== undefined && { "content-type": "application/json" }),
            ...headers,
          }),
          body: new TextEncoder().encode(json === undefined ? "" : JSON.stringify(json)),
        };
      },
    },
  };
}
