import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { connectSendgrid } from "#/integrations/sendgrid";
import type { MailMessage } from "#/kernel/mail";
import { type VendorApi, vendorApi, vendorSpec } from "../support/vendor-api";

const spec = vendorSpec("sendgrid-mail-send.openapi.json");
const apiKey = "SG.planted.key";
const from = { name: "Example Ltd", address: "forms@example.com" };
const message: MailMessage = { to: ["team@example.com"], subject: "Hello", text: "Good morning" };
const key = "0199f3c2-0000-7000-8000-000000000001";

let api: VendorApi;
const connect = (sender = from) =>
  connectSendgrid({ http: api.http, apiKey, baseUrl: "https://api.sendgrid.com", from: sender });
const accepted = { status: 202, headers: { "x-message-id": "14c5d75ce93" } };

describe.skipIf(!spec)("SendGrid, held to its own description", () => {
  beforeEach(async () => {
    api = await vendorApi(spec ?? {}, { scheme: "Authorization", authorization: `Bearer ${apiKey}` });
    api.answer(() => accepted);
  });

  test("takes a whole mail: text before HTML, marked with the delivery, and nothing tracked", async () => {
    const full = {
      ...message,
      to: ["team@example.com", "TEAM@example.com", "büro@müller.example".replace("ü", "ue")],
      replyTo: "visitor@example.org",
      html: "<p>Good morning</p>",
      language: "de",
      category: "forms",
    };

    const result = await connect().send(full, key);

    expect(result).toEqual({
      kind: "ok",
      value: { messageId: `<${key}@example.com>` },
      remoteId: "14c5d75ce93",
    });
    expect(api.faults).toEqual([]);
    expect(api.calls.map(({ operationId, body }) => ({ operationId, body }))).toEqual([
      {
        operationId: "POST_mail-send",
        body: {
          personalizations: [
            {
              to: [{ email: "TEAM@example.com" }, { email: "buero@xn--mller-kva.example" }],
              custom_args: { delivery: key },
            },
          ],
          from: { email: "forms@example.com", name: "Example Ltd" },
          reply_to: { email: "visitor@example.org" },
          subject: "Hello",
          content: [
            { type: "text/plain", value: "Good morning" },
            { type: "text/html", value: "<p>Good morning</p>" },
          ],
          headers: {
            "Auto-Submitted": "auto-generated",
            "Content-Language": "de",
            "Message-ID": `<${key}@example.com>`,
          },
          categories: ["forms"],
          tracking_settings: {
            click_tracking: { enable: false, enable_text: false },
            open_tracking: { enable: false },
            subscription_tracking: { enable: false },
            ganalytics: { enable: false },
          },
        },
      },
    ]);
  });

  test("takes every mail that can be written, whatever its texts hold", async () => {
    const text = fc.string({ unit: "binary", maxLength: 60 });
    const hostile = fc.oneof(
      text,
      fc.constantFrom("", "a\r\nBcc: evil@example.net", "\0", "\u2028", "x".repeat(2_000)),
    );

    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, hostile, async (subject, body, replyTo, language) => {
        const result = await connect().send(
          { ...message, subject, text: body, html: body, replyTo, language },
          key,
        );

        expect(api.faults).toEqual([]);
        expect(result.kind).toBe("ok");
      }),
      { numRuns: 60 },
    );
  });

  test.each(["jürgen@example.com", "a@example.com, b@example.com", ""])(
    "is not called for %p, which it could not send to",
    async (address) => {
      const result = await connect().send({ ...message, to: [address] }, key);

      expect(result).toMatchObject({ kind: "refused", why: { code: "invalid_address" } });
      expect(api.calls).toEqual([]);
    },
  );

  const error = { errors: [{ message: `Bad ${apiKey}`, field: "from", help: null }] };
  test.each([
    [400, {}, { kind: "refused", why: { code: "http_400", status: 400 } }],
    [401, {}, { kind: "parked", why: { code: "credentials", status: 401 } }],
    [403, {}, { kind: "parked", why: { code: "credentials", status: 403 } }],
    [404, {}, { kind: "refused", why: { code: "http_404" } }],
    [413, {}, { kind: "refused", why: { code: "http_413" } }],
    [429, { "retry-after": "7" }, { kind: "retry", why: { code: "rate_limited" }, after: 7_000 }],
    [500, {}, { kind: "retry", why: { code: "http_500" } }],
    [503, {}, { kind: "retry", why: { code: "http_503" } }],
    [302, { location: "http://127.0.0.1/" }, { kind: "refused", why: { code: "redirected" } }],
  ])("says what %d means, without our key", async (status, headers, expected) => {
    api.answer(() => ({ status, json: error, headers }));

    const result = await connect().send(message, key);

    expect(result).toMatchObject(expected as object);
    expect(JSON.stringify(result)).not.toContain("planted");
  });

  test("waits until the moment that a rate limit names", async () => {
    const reset = Math.ceil(Date.now() / 1000) + 20;
    api.answer(() => ({ status: 429, json: error, headers: { "x-ratelimit-reset": String(reset) } }));

    const result = await connect().send(message, key);

    expect(result.kind === "retry" && result.after).toBeWithin(15_000, 21_001);
  });

  test.each([
    ["timeout", true, "uncertain"],
    ["connection", true, "uncertain"],
    ["connection", false, "retry"],
    ["dns", false, "retry"],
    ["tls", false, "retry"],
    ["breaker", false, "parked"],
  ] as const)("a %s, written: %p, is %s", async (code, written, kind) => {
    api.answer(() => ({ kind: "failed", code, written }));

    expect(await connect().send(message, key)).toMatchObject({ kind, why: { code } });
  });

  test.each([
    [200, { scopes: ["mail.send"] }, { kind: "ok" }],
    [200, { scopes: ["alerts.read"] }, { kind: "refused", why: { code: "key_may_not_send" } }],
    [200, { surprise: 1 }, { kind: "retry", why: { code: "bad_answer" } }],
    [403, error, { kind: "ok" }],
    [401, error, { kind: "parked", why: { code: "credentials" } }],
  ])("probed, %d %j is well or not", async (status, json, expected) => {
    api.answer(() => ({ status, json }));

    expect(await connect().probe()).toMatchObject(expected as object);
    expect(api.faults).toEqual([]);
    expect(api.calls.map(({ operationId }) => operationId)).toEqual(["GET_scopes"]);
  });

  test("the description notices what is wrong: no key, no recipient", async () => {
    const stranger = connectSendgrid({
      http: api.http,
      apiKey: "else",
      baseUrl: "https://api.sendgrid.com",
      from,
    });
    await stranger.send(message, key);
    await connect({ name: "", address: "not an address" }).send(message, key);

    expect(api.faults).toEqual(["not signed in", expect.stringContaining("email")]);
  });
});
