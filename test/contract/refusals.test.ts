import { expect, test } from "bun:test";
import { contact, doors } from "../support/sample-posts";
import { browser, openWorld } from "../support/world";

const world = await openWorld({ env: { NOTIFY_EMAIL: "" } });

const json = { "content-type": "application/json" };
const urlencoded = { "content-type": "application/x-www-form-urlencoded" };
const multipart = { "content-type": "multipart/form-data; boundary=b" };
const many = Array.from({ length: 101 }, (_, at) => `f${at}=x`).join("&");
const part = (head: string, text: string) =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;

type Refused = [
  title: string,
  status: number,
  code: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
];

const unreadable: Refused[] = [
  ["broken JSON", 400, "malformed_body", json, '{"name":'],
  ["JSON nested too deep", 400, "malformed_body", json, "[".repeat(100_000)],
  ["JSON that is not UTF-8", 400, "malformed_body", json, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ["a broken escape", 400, "malformed_body", urlencoded, "name=%zz"],
  ["an escape that is not UTF-8", 400, "malformed_body", urlencoded, "name=%ff"],
  ["multipart without an end", 400, "malformed_body", multipart, part('name="name"', "Ada")],
  ["multipart without a boundary", 400, "malformed_body", { "content-type": "multipart/form-data" }, "--b--"],
  ["another type", 415, "unsupported_media_type", { "content-type": "text/plain" }, "name=Ada"],
  ["a look-alike of JSON", 415, "unsupported_media_type", { "content-type": "application/jsonx" }, "{}"],
  [
    "another charset",
    415,
    "unsupported_media_type",
    { "content-type": "application/json; charset=utf-16" },
    "{}",
  ],
  ["an encoded body", 415, "unsupported_media_type", { ...json, "content-encoding": "gzip" }, "{}"],
  ["too many fields", 413, "too_large", urlencoded, many],
  ["too much text", 413, "too_large", urlencoded, `message=${"x".repeat(257 * 1024)}`],
  ["too large a body", 413, "too_large", json, `{"message":"${"x".repeat(1024 * 1024)}"}`],
  ["a key with spaces", 400, "bad_idempotency_key", { ...json, "idempotency-key": "a b" }, "{}"],
  ["a key too long", 400, "bad_idempotency_key", { ...json, "idempotency-key": "k".repeat(256) }, "{}"],
];

world.describe.each(["/api/contact", "/f/contact", "/api/v1/contact"])("POST %s refuses", (door) => {
  test.each(unreadable)("%s and stores nothing", async (_title, status, code, headers, body) => {
    const answer = await world.send(door, { method: "POST", headers, body });

    await expectVoice(answer, door, status, code);
    expect((await world.traces()).tables.submissions).toEqual([]);
  });

  test("a body without a type", async () => {
    const answer = await world.send(door, { method: "POST", body: new Blob(["name=Ada"]) });

    await expectVoice(answer, door, 415, "unsupported_media_type");
  });

  test("a key that was used for other content, and keeps the first message", async () => {
    const headers = { "idempotency-key": "one" };
    await world.post(door, contact, { headers });

    const answer = await world.post(door, { ...contact, message: "Another." }, { headers });

    await expectVoice(answer, door, 422, "idempotency_key_reused");
    expect((await world.traces()).tables.submissions).toMatchObject([{ fields: contact }]);
  });

  test("a text that the database would refuse or change", async () => {
    const rest = '"name":"Ada","email":"ada@example.com"';
    const bodies = [`{"message":"a\\u0000b",${rest}}`, `{"message":"\\ud800",${rest}}`];

    const answers = await Promise.all(
      bodies.map((body) => world.send(door, { method: "POST", headers: json, body })),
    );

    for (const answer of answers) expect(await answer.text()).toContain("invalid_text");
  });

  test("a file, which it does not take", async () => {
    const fields = Object.entries(contact).map(([name, text]) => part(`name="${name}"`, text));
    const body = `${fields.join("")}${part('name="cv"; filename="cv.pdf"', "%PDF")}--b--`;

    const answer = await world.send(door, { method: "POST", headers: multipart, body });

    const text = await answer.text();
    expect([answer.status, text.includes("cv.pdf")]).toEqual([
      door.startsWith("/api/v1/") ? 422 : 400,
      false,
    ]);
    expect(text).toContain("files_not_accepted");
  });
});

world.describe("an address", () => {
  const methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE"];
  const wrong = doors.flatMap(({ door }) =>
    methods
      .filter((method) => !door.startsWith("/f/") || (method !== "GET" && method !== "HEAD"))
      .map((method) => ({ door, method })),
  );
  test.each(wrong)("$door does not take $method, and says what it takes", async ({ door, method }) => {
    const answer = await world.send(door, { method });

    expect(answer.headers.get("allow")).toBe(
      door.startsWith("/f/") ? "GET, HEAD, POST, OPTIONS" : "POST, OPTIONS",
    );
    if (method === "HEAD") expect([answer.status, await answer.text()]).toEqual([405, ""]);
    else await expectVoice(answer, door, 405, "method_not_allowed");
  });

  test.each(doors)("$door answers OPTIONS with what it takes", async ({ door }) => {
    const answer = await world.send(door, { method: "OPTIONS" });

    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect(answer.headers.get("allow")).toEndWith("POST, OPTIONS");
  });

  test.each(["/f/unknown", "/f/Contact", "/f/toString", "/f/a%00b", "/f/-", "/api/nothing", "/nothing", "/"])(
    "%s takes no post",
    async (path) => {
      const answer = await world.post(path, contact);

      if (path === "/") return expectVoice(answer, path, 405, "method_not_allowed");
      await expectVoice(answer, path, 404, "not_found");
    },
  );

  const voices: [path: string, body: object][] = [
    ["/api/nothing", { error: "Cannot find this address", code: "not_found" }],
    ["/f/contact/nothing", { error: "Cannot find this address", code: "not_found" }],
    ["/health/nothing", { ...notFound(), request_id: expect.any(String) }],
    ["/api/v1/nothing", { ...notFound(), request_id: expect.any(String) }],
    ["/nothing", { ...notFound(), request_id: expect.any(String) }],
    ["/v1/nothing", { error: { message: "Cannot find this address", status: 404, type: "Not Found" } }],
  ];
  test.each(voices)("%s that does not exist answers a program in its voice", async (path, body) => {
    const answer = await world.send(path, { headers: { accept: "application/json" } });

    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual(body);
  });

  test.each(voices.map(([path]) => path))("%s that does not exist shows a person a page", async (path) => {
    const answers = [
      await world.send(path, { headers: browser }),
      await world.post(path, contact, { encoding: "urlencoded", headers: browser }),
    ];

    for (const answer of answers) {
      expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
      expect(await answer.text()).toContain("<h1>Page not found</h1>");
    }
  });
});

function notFound() {
  return {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: "Cannot find this address",
    code: "not_found",
  };
}

/** The voice of the path with this status and code, and nothing that it does not promise. */
async function expectVoice(answer: Response, path: string, status: number, code: string): Promise<void> {
  const body = (await answer.json()) as Record<string, unknown>;
  const isPlain = path.startsWith("/f/") || (path.startsWith("/api/") && !path.startsWith("/api/v1/"));
  expect([answer.status, body.code]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toBe(isPlain ? "application/json" : "application/problem+json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(Object.keys(body).sort()).toEqual(
    isPlain
      ? [...("fields" in body ? ["fields"] : []), "code", "error"].sort()
      : [
          ...("errors" in body ? ["errors"] : []),
          "code",
          "detail",
          "request_id",
          "status",
          "title",
          "type",
        ].sort(),
  );
  if (!isPlain) expect(body.request_id).toBe(answer.headers.get("x-request-id"));
}
