import fc from "fast-check";
import { asSent, encodeBody } from "./encode-body";
import type { Sent } from "./exchange";
import { canary, hostileName, hostileText } from "./hostile-text";
import { type Operation, targetOf } from "./operations";
import { brokenOf, type Schema, validObject } from "./schema-values";

/** One request, and what must come of it. */
export type Case = Sent & {
  kind: string;
  /** A status, or whether it may be taken; undefined: any documented answer. */
  expected?: number | "taken" | "refused" | undefined;
  /** The members of the body, as the encoding leaves them; what is taken must read back like this. */
  members?: Readonly<Record<string, unknown>> | undefined;
  /** Every text of the sender that no refusal may repeat. */
  planted: readonly string[];
};
type Members = Record<string, unknown>;

const accepts = fc.constantFrom("application/json", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8");

/** Requests to one operation by chance, of every kind. A new route needs nothing here. */
export function casesOf(operation: Operation): fc.Arbitrary<Case> {
  const plain = fc.constant(bare(operation, "plain", { expected: "taken" }));
  const kinds = [plain, hostileHeaders(operation), hostileTarget(operation), brokenQuery(operation)];
  const types = Object.keys(operation.body);
  if (types.length > 0) {
    const schema = Object.values(operation.body)[0]?.schema ?? {};
    kinds.push(validBody(operation, types, schema), brokenBody(operation, schema));
    kinds.push(hostileBody(operation, types, schema), hostileBody(operation, types, schema));
    kinds.push(wrongBytes(operation));
  }
  return fc.oneof(...kinds.filter((kind) => kind !== undefined)).map(described);
}

/** A request without a body; nobody may take one where a body is due. */
export const bare = ({ method, ...operation }: Operation, kind: string, more: Partial<Case>): Case => ({
  kind,
  method,
  target: targetOf({ method, ...operation }),
  headers: [],
  planted: [],
  ...more,
  ...(Object.keys(operation.body).length > 0 && !more.body && { expected: more.expected && "refused" }),
});

export function withBody(
  operation: Operation,
  kind: string,
  type: string,
  members: Members,
  more: Partial<Case>,
): Case {
  const { bytes, type: contentType } = encodeBody(type, members);
  const headers = [...(more.headers ?? []), ["content-type", contentType] as const];
  const sent = asSent(type, members);
  return bare(operation, kind, { planted: textsIn(sent), ...more, members: sent, headers, body: bytes });
}

const validBody = (operation: Operation, types: string[], schema: Schema) =>
  fc
    .tuple(fc.constantFrom(...types), accepts, validObject(schema))
    .map(([type, accept, members]) =>
      withBody(operation, "valid", type, members, { expected: "taken", headers: [["accept", accept]] }),
    );

/** As JSON, which alone has types. Members that begin with `_` steer a post and are never a reason to refuse it. */
const brokenBody = (operation: Operation, schema: Schema) =>
  brokenOf(schema).map(({ keyword, member, value }) =>
    withBody(operation, `${member} breaks ${keyword}`, "application/json", value, {
      expected: member.startsWith("_") ? undefined : "refused",
    }),
  );

const hostileBody = (operation: Operation, types: string[], schema: Schema) => {
  const names = fc.oneof(fc.constantFrom(...Object.keys(schema.properties ?? {})), hostileName);
  const strange = fc.array(fc.tuple(names, hostileText), { minLength: 1, maxLength: 4 });
  return fc
    .tuple(fc.constantFrom(...types), accepts, validObject(schema), strange)
    .map(([type, accept, members, pairs]) => {
      // By entries: an assignment to `__proto__` would make no member.
      const all = Object.fromEntries([...Object.entries(members), ...pairs]);
      const kept = Object.entries(asSent(type, all)).filter(([name]) => !name.startsWith("_"));
      const expected = textsIn(kept).some((text) => !text.isWellFormed() || text.includes("\0"))
        ? "refused"
        : undefined;
      return withBody(operation, "hostile text", type, all, { expected, headers: [["accept", accept]] });
    });
};

const wrongBytes = (operation: Operation) =>
  fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) =>
    bare(operation, "no UTF-8", {
      body: Buffer.concat([Buffer.from([0xff]), bytes]),
      expected: 400,
      headers: [["content-type", "application/json"]],
    }),
  );

const headerNames = [
  "accept",
  "accept-language",
  "origin",
  "referer",
  "cookie",
  "idempotency-key",
  "authorization",
];
const moreNames = [
  "x-forwarded-for",
  "forwarded",
  "x-request-id",
  "if-none-match",
  "sec-fetch-mode",
  "x-http-method-override",
];

/** Hostile, doubled and long headers beside a request that is fine. */
const hostileHeaders = (operation: Operation) => {
  const value = hostileText.map((text) =>
    text
      .replace(/[^\t\x20-\x7e\x80-\u{10ffff}]/gu, "")
      .slice(0, 2000)
      .trim(),
  );
  const header = fc.tuple(fc.constantFrom(...headerNames, ...moreNames), value);
  return fc.tuple(fc.array(header, { minLength: 1, maxLength: 3 }), fc.boolean()).map(([some, doubled]) => {
    const headers = doubled ? [...some, ...some] : some;
    const more = { headers, planted: some.map(([, text]) => text) };
    const [type] = Object.keys(operation.body);
    const members = { ...(Object.values(operation.body)[0]?.schema as { example?: Members })?.example };
    return type
      ? withBody(operation, "hostile headers", type, members, more)
      : bare(operation, "hostile headers", more);
  });
};

const broken = [
  "%",
  "%zz",
  "%00",
  "%2e%2e%2f",
  "%c0%af",
  "%ff",
  "%ed%a0%80",
  "..%5c",
  "%0d%0aSet-Cookie:a=b",
  ";a=b",
];
const segment = fc.oneof(
  fc.constantFrom(...broken, "-", "0", "1e3", "Infinity"),
  hostileText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 1500))),
);

// An empty id, or a dot, is the address of the list, which is another operation with methods of its own.
const id = segment.filter((text) => !["", ".", ".."].includes(text));
/** Characters of a query, all in all: of an address longer than that Bun makes 431 without a body. */
const mostQuery = 8_000;

const hostileTarget = (operation: Operation) =>
  fc.tuple(id, segment, segment, fc.nat(3)).map(([path, name, value, where]) => {
    const names = operation.parameters.filter((one) => one.in === "path").map((one) => one.name);
    const given = where === 0 ? {} : Object.fromEntries(names.map((one) => [one, path]));
    const queries = operation.parameters.filter((one) => one.in === "query").map((one) => one.name);
    const text = value.slice(0, mostQuery / (queries.length + 1));
    const query = [...queries, name.slice(0, 1_000)]
      .flatMap((one) => [`${one}=${text}`, `${one}=1`])
      .join("&");
    const target = `${targetOf(operation, given)}${where === 1 ? "" : `?${query}`}`;
    return bare(operation, "hostile target", { target, planted: [canary] });
  });

function brokenQuery(operation: Operation) {
  const bounded = operation.parameters.filter(
    ({ in: place, schema }) => place === "query" && schema.maxLength,
  );
  if (bounded.length === 0) return;
  return fc.constantFrom(...bounded).map(({ name, schema }) => {
    const target = `${targetOf(operation)}?${name}=${canary.repeat(schema.maxLength ?? 1)}`;
    return bare(operation, `${name} breaks maxLength`, { target, expected: "refused", planted: [canary] });
  });
}

/** Texts that mean something to nobody but the sender. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A counterexample as one can read it: a megabyte of text is cut. */
export const described = (one: Case): Case =>
  Object.assign({}, one, {
    [fc.toStringMethod]: () =>
      [one.kind, one.method, one.target, JSON.stringify(one.headers), one.body?.toString()]
        .map((text) => text?.slice(0, 600))
        .join(" "),
  });
