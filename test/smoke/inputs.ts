import { type Encoding, encodePost } from "../support/encode-post";
import type { Live } from "../support/live-calls";
import { examplesOf, type Operation } from "../support/openapi";

/** One request to an operation. `valid` ones must succeed. */
export type Input = {
  title: string;
  path: string;
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  valid?: true;
};

/** Part of every wrong value: no refusal may hold it. */
export const planted = "planted7391";

const encodings: Record<string, Encoding> = {
  "application/json": "json",
  "application/x-www-form-urlencoded": "urlencoded",
  "multipart/form-data": "multipart",
};
const json = { "content-type": "application/json" };
const urlencoded = { "content-type": "application/x-www-form-urlencoded" };
const asBrowser = { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" };
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The documented call, calls without anything, and wrong ones of every sort. `prepare` gives each documented call what
 * its examples cannot hold.
 */
export async function inputsOf(operation: Operation, prepare: () => Promise<Live>): Promise<Input[]> {
  const path = fillPath(operation);
  const call = { path, method: operation.method };
  const valid = await validInputs(operation, prepare);
  const inputs: Input[] = [...valid, ...wrongPaths(operation)];
  if (operation.requestBody) {
    const [sample = {}] = examplesOf(operation.requestBody.content?.["application/json"] ?? {});
    const wrong = [...malformed(), ...wrongTypes(sample as Record<string, unknown>)];
    for (const each of wrong) {
      inputs.push({ ...call, ...each });
      inputs.push({
        ...call,
        ...each,
        title: `${each.title}, as a browser`,
        headers: { ...each.headers, ...asBrowser },
      });
    }
  }
  return inputs;
}

/** Each method that the document does not name for this path. */
export const wrongMethods = (path: string, operations: readonly Operation[]): Input[] =>
  methods
    .filter((method) => !operations.some((operation) => operation.method === method))
    .map((method) => ({
      title: `${method} instead`,
      path,
      method,
      headers: json,
      ...(method !== "GET" && { body: "{}" }),
    }));

/** The path with the documented examples of its parameters, or with other values. */
export function fillPath({ path, parameters }: Operation, values: Record<string, string> = {}): string {
  const exampleOf = (name: string) =>
    parameters.find((parameter) => parameter.in === "path" && parameter.name === name)?.example;
  return path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? String(exampleOf(name)));
}

async function validInputs(operation: Operation, prepare: () => Promise<Live>): Promise<Input[]> {
  const { method, path, requestBody } = operation;
  const call = { method, valid: true as const };
  const inputs: Input[] = [];
  const visitors = { "": {}, ", as a browser": asBrowser };
  for (const [visitor, more] of Object.entries(visitors)) {
    if (!requestBody) {
      const live = await prepare();
      const headers = { ...live.headers, ...more };
      inputs.push({ ...call, title: `as documented${visitor}`, path: fillCall(operation, live), headers });
    }
    for (const [type, media] of Object.entries(requestBody?.content ?? {})) {
      const encoding = encodings[type];
      const examples = examplesOf(media);
      if (!encoding || examples.length === 0)
        throw new Error(`${method} ${path} documents no example of ${type}`);
      for (const example of examples) {
        const live = await prepare();
        const { bytes, type: sent } = await encodePost(withLive(example as object, live), encoding);
        inputs.push({
          ...call,
          title: `documented ${encoding}${visitor}`,
          path: fillCall(operation, live),
          headers: { "content-type": sent, ...live.headers, ...more },
          body: bytes,
        });
      }
    }
  }
  return inputs;
}

/** The example with the values that are good now, for the members that it has. */
const withLive = (example: object, { body = {} }: Live): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...example }).map(([name, value]) => [name, body[name] ?? value]));

/** Path and query with the documented examples; a parameter without one is left out. */
export function fillCall(operation: Operation, { path, query = {} }: Partial<Live> = {}): string {
  const asked = operation.parameters
    .filter(({ in: place, name, example }) => place === "query" && (query[name] ?? example) !== undefined)
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(query[name] ?? example))}`)
    .join("&");
  const filled = fillPath(operation, path);
  return asked ? `${filled}?${asked}` : filled;
}

function wrongPaths(operation: Operation): Input[] {
  const { method, parameters } = operation;
  const wrong = [
    planted,
    "%00",
    "%ff",
    "..%2f..%2fetc",
    "A".repeat(300),
    "constructor",
    "__proto__",
    "%F0%9F%98%80",
  ];
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const call = { method, headers: json, ...(method !== "GET" && { body: "{}" }) };
  return [
    ...inPath.flatMap(({ name }) =>
      wrong.map((value) => ({
        ...call,
        title: `${name} ${value.slice(0, 20)}`,
        path: fillPath(operation, { [name]: value }),
      })),
    ),
    ...inQuery.flatMap(({ name }) =>
      [...wrong, ""].map((value) => ({
        ...call,
        title: `?${name}=${value.slice(0, 20)}`,
        path: `${fillPath(operation)}?${name}=${value}&${name}=${value}`,
      })),
    ),
    { ...call, title: "unknown query", path: `${fillPath(operation)}?${planted}[]=%ff&=&&` },
  ];
}

const malformed = (): Omit<Input, "path" | "method">[] => [
  { title: "nothing at all", headers: {} },
  { title: "no body", headers: json },
  { title: "empty JSON object", headers: json, body: "{}" },
  { title: "empty form", headers: urlencoded, body: "" },
  { title: "broken JSON", headers: json, body: `{"name":"${planted}` },
  ...["null", "7", `"${planted}"`, `["${planted}"]`, "[[]]", "{}{}"].map((body) => ({
    title: `JSON ${body}`,
    headers: json,
    body,
  })),
  { title: "deep JSON", headers: json, body: `{"name":${"[".repeat(5_000)}${"]".repeat(5_000)}}` },
  {
    title: "a NUL",
    headers: json,
    body: `{"name":"${planted}\\u0000","email":"a@example.com","message":"m"}`,
  },
  {
    title: "a lone surrogate",
    headers: json,
    body: `{"name":"${planted}\\ud800","email":"a@example.com","message":"m"}`,
  },
  {
    title: "bytes that are not UTF-8",
    headers: json,
    body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  },
  { title: "a member twice", headers: json, body: `{"name":"a","name":{"${planted}":1}}` },
  { title: "prototype members", headers: json, body: `{"__proto__":{"a":1},"constructor":{"prototype":{}}}` },
  { title: "too large", headers: json, body: JSON.stringify({ name: planted.repeat(200_000) }) },
  {
    title: "too many fields",
    headers: urlencoded,
    body: Array.from({ length: 5_000 }, (_, n) => `${planted}${n}=1`).join("&"),
  },
  { title: "a broken escape", headers: urlencoded, body: `name=%zz${planted}&message=%` },
  { title: "multipart without boundary", headers: { "content-type": "multipart/form-data" }, body: planted },
  {
    title: "multipart that is cut",
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: `--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n${planted}`,
  },
  ...["text/plain", "application/xml", "application/jsonx", "application/json; charset=utf-16", planted].map(
    (type) => ({
      title: `as ${type}`,
      headers: { "content-type": type },
      body: `{"name":"${planted}"}`,
    }),
  ),
];

/** The documented body with each member of another type, too long, or missing, and with one member more. */
function wrongTypes(sample: Record<string, unknown>): Omit<Input, "path" | "method">[] {
  const values = [7, true, null, [planted], { a: planted }, "", `\u202e${planted}`.repeat(5_000)];
  const titleOf = (value: unknown) => JSON.stringify(value).slice(0, 20);
  const bodies = Object.keys(sample).flatMap((name) =>
    values.map((value) => [`${name} ${titleOf(value)}`, { ...sample, [name]: value }] as const),
  );
  const without = Object.keys(sample).map(
    (name) => [`no ${name}`, { ...sample, [name]: undefined }] as const,
  );
  const extra = [["one member more", { ...sample, extra: { a: [planted] } }] as const];
  return [...bodies, ...without, ...extra].map(([title, body]) => ({
    title,
    headers: json,
    body: JSON.stringify(body),
  }));
}
