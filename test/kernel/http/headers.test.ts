import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { attachment, type HeaderClass, headerValue } from "#/kernel/http";
import { ask, sampleApp } from "./sample-app";

const everywhere = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
  "x-frame-options": "DENY",
  "x-xss-protection": "0",
  "cross-origin-opener-policy": "same-origin",
  "strict-transport-security": "max-age=31536000",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
};

describe("every answer carries the headers of its class", () => {
  const app = sampleApp();

  test.each([
    ["GET", "/health"],
    ["HEAD", "/health"],
    ["DELETE", "/health"],
    ["OPTIONS", "/health"],
    ["GET", "/nowhere"],
    ["GET", "/api/thrown"],
    ["GET", "/api/unavailable"],
    ["GET", "/api/v1/broken-header"],
    ["GET", "/api/v1/guarded"],
    ["POST", "/api/v1/things"],
    ["GET", "/away"],
  ])("%s %s", async (method, path) => {
    const { headers } = await ask(app, path, { method });

    expect(Object.fromEntries(headers)).toMatchObject(everywhere);
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    expect(headers.has("server") || headers.has("x-powered-by")).toBe(false);
  });

  test("and keeps the policy a route gave itself", async () => {
    const { headers } = await ask(app, "/page");

    expect(headers.get("content-security-policy")).toBe("default-src 'self'");
  });

  test("but no HSTS where the service is reached without TLS", async () => {
    for (const PUBLIC_URL of ["http://gatehouse.example", undefined]) {
      const { headers } = await ask(sampleApp({ PUBLIC_URL }), "/health");

      expect(headers.has("strict-transport-security")).toBe(false);
    }
  });

  test.each<[HeaderClass, Record<string, string>]>([
    [
      "console",
      {
        "cache-control": "no-store",
        "content-security-policy": expect.stringContaining("script-src 'self'"),
      },
    ],
    [
      "documentation",
      { "cache-control": "no-cache", "content-security-policy": expect.stringContaining("'unsafe-inline'") },
    ],
    [
      "files",
      {
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
        "content-disposition": "attachment",
        "cross-origin-resource-policy": "same-site",
      },
    ],
    [
      "images",
      {
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "public, max-age=31536000, immutable",
        "cross-origin-resource-policy": "cross-origin",
      },
    ],
    ["sign-in", { "cache-control": "no-store", "referrer-policy": "no-referrer" }],
  ])("of the class %s", async (kind, expected) => {
    const classy = sampleApp({ headersOf: () => kind });

    expect(Object.fromEntries((await ask(classy, "/health")).headers)).toMatchObject(expected);
    expect(Object.fromEntries((await ask(classy, "/api/thrown")).headers)).toMatchObject(everywhere);
  });
});

test("text of any kind goes into a header without breaking out of it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const value of [headerValue(text), attachment(text)]) {
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(new Headers({ "x-name": value }).get("x-name")).toBe(value.trim());
      }
    }),
  );
});

test("a file's name is given twice, for old clients and as it is", () => {
  expect(attachment('Ängebot "März".pdf')).toBe(
    `attachment; filename="_ngebot _M_rz_.pdf"; filename*=UTF-8''%C3%84ngebot%20%22M%C3%A4rz%22.pdf`,
  );
});
