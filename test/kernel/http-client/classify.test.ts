import { describe, expect, test } from "bun:test";
import { badAnswer, classify, type Expectation, type HttpResult } from "#/kernel/http-client";

const now = new Date("2026-11-21T12:00:00Z");
const json = { "content-type": "application/json; charset=utf-8" };
const vendor: Expectation = { idempotent: false, credentials: true, expect: "json", now };

const answer = (status: number, body = "{}", headers: Record<string, string> = json): HttpResult => ({
  kind: "answer",
  status,
  headers: new Headers(headers),
  body: new TextEncoder().encode(body),
});
const failed = (code: Extract<HttpResult, { kind: "failed" }>["code"], written: boolean, after?: number) =>
  ({ kind: "failed", code, written, ...(after && { after }) }) satisfies HttpResult;

/** Kind, code, and the wait in milliseconds, where there is one. */
function brief(result: HttpResult, expectation: Partial<Expectation>): (string | number)[] {
  const outcome = classify(result, { ...vendor, ...expectation });
  if (outcome.kind === "ok") return ["ok"];
  const wait =
    outcome.kind === "parked"
      ? [outcome.until.getTime() - now.getTime()]
      : outcome.kind === "retry" && outcome.after !== undefined
        ? [outcome.after]
        : [];
  return [outcome.kind, outcome.why.code, ...wait];
}

type Row = [
  title: string,
  result: HttpResult,
  expected: (string | number)[],
  expectation?: Partial<Expectation>,
];

/** All of one length: for an argument that a row lacks, the runner would pass its `done`. */
const rows = (short: Row[]) =>
  short.map(([title, result, expected, expectation = {}]) => [title, result, expected, expectation] as const);

const quarter = 15 * 60_000;
const day = 24 * 3_600_000;

describe("an answer means", () => {
  test.each(
    rows([
      ["200 with JSON", answer(200, '{"id":1}'), ["ok"]],
      [
        "200 with another kind of JSON",
        answer(200, "[]", { "content-type": "application/problem+json" }),
        ["ok"],
      ],
      ["202 without a body, where any will do", answer(202, "", {}), ["ok"], { expect: "any" }],
      ["204 where JSON is needed", answer(204, "", {}), ["retry", "bad_answer"]],
      ["a page of a proxy", answer(200, "<html>", { "content-type": "text/html" }), ["retry", "bad_answer"]],
      ["cut JSON", answer(200, '{"id":'), ["retry", "bad_answer"]],
      ["JSON without a type", answer(200, "{}", {}), ["retry", "bad_answer"]],
      ["301", answer(301, "", { location: "http://127.0.0.1/" }), ["refused", "redirected"]],
      ["304", answer(304), ["refused", "redirected"]],
      ["400", answer(400), ["refused", "http_400"]],
      ["401 to our key", answer(401), ["parked", "credentials", quarter]],
      ["403 to our key", answer(403), ["parked", "credentials", quarter]],
      ["401 to nobody's key", answer(401), ["refused", "http_401"], { credentials: false }],
      ["404", answer(404), ["refused", "http_404"]],
      ["408", answer(408), ["retry", "http_408"]],
      ["409", answer(409), ["refused", "http_409"]],
      ["410", answer(410), ["refused", "http_410"]],
      ["425", answer(425), ["retry", "http_425"]],
      ["429", answer(429), ["retry", "rate_limited"]],
      ["429 with seconds", answer(429, "", { "retry-after": "7" }), ["retry", "rate_limited", 7_000]],
      [
        "503 with a date",
        answer(503, "", { "retry-after": "Sat, 21 Nov 2026 12:01:30 GMT" }),
        ["retry", "http_503", 90_000],
      ],
      [
        "503 with a date gone by",
        answer(503, "", { "retry-after": "Sat, 21 Nov 2026 11:00:00 GMT" }),
        ["retry", "http_503", 0],
      ],
      [
        "503 for a thousand years",
        answer(503, "", { "retry-after": "31536000000" }),
        ["retry", "http_503", day],
      ],
      ["503 with nonsense", answer(503, "", { "retry-after": "-5" }), ["retry", "http_503"]],
      ["500", answer(500), ["retry", "http_500"]],
      ["507", answer(507), ["retry", "http_507"]],
    ]),
  )("%s", (_title, result, expected, expectation) => {
    expect(brief(result, expectation)).toEqual(expected);
  });
});

describe("no answer means", () => {
  const keyed = { idempotent: true };
  test.each(
    rows([
      ["a name that does not resolve", failed("dns", false), ["retry", "dns"]],
      ["a connection that was refused", failed("connection", false), ["retry", "connection"]],
      ["a reset after the request", failed("connection", true), ["uncertain", "connection"]],
      ["a reset after a request with a key", failed("connection", true), ["retry", "connection"], keyed],
      ["a timeout before the request left", failed("timeout", false), ["retry", "timeout"]],
      ["a timeout after it", failed("timeout", true), ["uncertain", "timeout"]],
      ["a timeout after one with a key", failed("timeout", true), ["retry", "timeout"], keyed],
      ["a certificate of somebody else", failed("tls", false), ["retry", "tls"]],
      ["too much", failed("too_large", true), ["uncertain", "too_large"]],
      ["half of it", failed("broken", true), ["uncertain", "broken"]],
      ["half of it, with a key", failed("broken", true), ["retry", "broken"], keyed],
      ["an address that may not be called", failed("address", false), ["refused", "address"]],
      ["a breaker that is open", failed("breaker", false, 12_000), ["parked", "breaker", 12_000]],
      ["no free connection", failed("busy", false), ["parked", "busy", 1_000]],
    ]),
  )("%s", (_title, result, expected, expectation) => {
    expect(brief(result, expectation)).toEqual(expected);
  });
});

describe("what is kept of an answer", () => {
  const textOf = (body: string, secrets: readonly string[] = []) => {
    const outcome = classify(answer(400, body), { ...vendor, secrets });
    return outcome.kind === "ok" ? undefined : outcome.why.text;
  };

  test("is the parsed value and the body where it is good", () => {
    const outcome = classify(answer(200, '{"id":[1]}'), vendor);

    expect(outcome).toMatchObject({ kind: "ok", status: 200, json: { id: [1] } });
  });

  test("is at most 1 KB of one line, cut between characters, without NUL", () => {
    expect(textOf("a\0b\r\nc\t d")).toBe("a b c d");
    expect(textOf("x".repeat(5_000))).toBe("x".repeat(1024));
    expect(textOf("x".repeat(1023) + "\u{1f600}".repeat(9))).toBe("x".repeat(1023));
  });

  test("holds no secret in any spelling, also across the cut", () => {
    const secret = 'SG.a"b/c+d';
    const echoed = [
      secret,
      JSON.stringify(secret),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
    ];

    expect(textOf(`bad key ${echoed.join(" ")}`, [secret, ""])).toBe('bad key *** "***" *** ***');
    expect(textOf("x".repeat(1020) + secret, [secret])).toBe(`${"x".repeat(1020)}***`);
    expect(badAnswer({ status: 200, body: new TextEncoder().encode(secret) }, [secret])).toEqual({
      kind: "retry",
      why: { code: "bad_answer", status: 200, text: "***" },
    });
  });
});
