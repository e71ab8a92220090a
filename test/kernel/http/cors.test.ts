import { describe, expect, test } from "bun:test";
import { apiCors, corsHeaders, formsCors, originAllowed, parseOrigin } from "#/kernel/http";
import { ask, sampleApp } from "./sample-app";

const list = [
  "https://example.com",
  "https://*.partner.example",
  "http://localhost:5173",
  "https://www.shop.example/",
];
const publicUrl = "https://gatehouse.example";

describe("an origin", () => {
  test.each([
    ["https://example.com", true],
    ["https://www.example.com", true],
    ["https://shop.example", true],
    ["https://a.partner.example", true],
    ["https://a.b.partner.example", true],
    ["https://gatehouse.example", true],
    ["http://localhost:5173", true],
    ["https://partner.example", false],
    ["http://example.com", false],
    ["https://example.com:8443", false],
    ["https://app.example.com", false],
    ["https://www.www.example.com", false],
    ["https://example.com.evil.example", false],
    ["https://evilexample.com", false],
    ["https://evil-partner.example", false],
    ["https://xpartner.example", false],
    ["http://a.partner.example", false],
    ["https://a.partner.example:444", false],
    ["http://localhost:5174", false],
    ["https://example.com/", false],
    ["https://example.com/path", false],
    ["https://user@example.com", false],
    ["https://evil.example#.partner.example", false],
    ["https://evil.example\\.partner.example", false],
    ["null", false],
    ["", false],
    ["file://", false],
    ["javascript:alert(1)", false],
  ])("%s is allowed: %p", (origin, allowed) => {
    expect(originAllowed(origin, list, publicUrl)).toBe(allowed);
  });

  test("is parsed only when it is an origin and nothing more", () => {
    expect(parseOrigin("https://example.com")?.origin).toBe("https://example.com");
    expect(parseOrigin("https://example.com/x")).toBeUndefined();
    expect(parseOrigin("ftp://example.com")).toBeUndefined();
  });
});

test("an empty list lets nobody read the API in production, and pages of this machine outside of it", () => {
  const config = { PUBLIC_URL: undefined, allowedOrigins: [] };

  expect(corsHeaders(apiCors({ ...config, production: true }), "http://localhost:3000")).toEqual([]);
  expect(corsHeaders(apiCors({ ...config, production: false }), "http://localhost:3000")).toContainEqual([
    "access-control-allow-origin",
    "http://localhost:3000",
  ]);
  expect(corsHeaders(apiCors({ ...config, production: false }), "https://example.com")).toEqual([]);
});

test("open mode is for forms, for every origin, and never with credentials", () => {
  const headers = Object.fromEntries(
    corsHeaders(formsCors({ PUBLIC_URL: undefined, allowedOrigins: [] }), "null"),
  );

  expect(headers["access-control-allow-origin"]).toBe("*");
  expect(headers["access-control-allow-credentials"]).toBeUndefined();
});

describe("with a list", () => {
  const app = sampleApp({ allowedOrigins: list });
  const preflight = (origin: string, path = "/f/contact") =>
    ask(app, path, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });

  test("a listed origin gets itself back on every status", async () => {
    const origin = "https://www.example.com";

    for (const path of [
      "/health",
      "/api/thrown",
      "/api/unavailable",
      "/nowhere",
      "/v1/users/x",
      "/f/contact",
    ]) {
      const answer = await ask(app, path, { headers: { origin } });

      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(answer.headers.get("vary")).toBe("Origin");
      expect(answer.headers.get("access-control-expose-headers")).toContain("Retry-After");
    }
  });

  test.each(["https://evil.example", "null"])(
    "%s gets no CORS header, and a refused preflight",
    async (origin) => {
      const answers = [await ask(app, "/health", { headers: { origin } }), await preflight(origin)];

      expect(answers.map(({ status }) => status)).toEqual([200, 403]);
      for (const { headers } of answers) {
        expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      }
      expect(await answers[1]?.json()).toMatchObject({ code: "origin_refused" });
    },
  );

  test("a preflight says what may be sent", async () => {
    const answer = await preflight("https://example.com");

    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      allow: "POST, OPTIONS",
      "access-control-allow-origin": "https://example.com",
      "access-control-allow-methods": "POST, OPTIONS",
      "access-control-allow-headers": "content-type, idempotency-key, x-requested-with, authorization",
      "access-control-max-age": "600",
      "x-content-type-options": "nosniff",
    });
  });

  test("a preflight for an address that does not exist is 404", async () => {
    expect((await preflight("https://example.com", "/nowhere")).status).toBe(404);
  });
});

test("without a list forms answer every origin and the API none", async () => {
  const app = sampleApp();
  const origin = "https://anywhere.example";

  const form = await ask(app, "/f/contact", { method: "POST", body: "a=b", headers: { origin } });
  const api = await ask(app, "/health", { headers: { origin } });

  expect(form.headers.get("access-control-allow-origin")).toBe("*");
  expect(api.headers.get("access-control-allow-origin")).toBeNull();
});
