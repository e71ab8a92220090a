import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { openCaptcha } from "#/integrations/captcha";
import type { CaptchaProvider, CaptchaQuestion } from "#/kernel/captcha";
import { createHttpClient } from "#/kernel/http-client";
import { createLog } from "#/kernel/log";
import { createMetrics } from "#/kernel/metrics";
import { startCaptchaProvider } from "../support/fakes/captcha-provider";
import type { VendorFault } from "../support/fakes/faulty-vendor";

const secret = "6Le-planted-secret";
const siteKey = "10000000-ffff-ffff-ffff-000000000001";
const solved = new Map([
  ["solved", { hostname: "www.example.com" }],
  ["scored", { hostname: "www.example.com", score: 0.3, action: "contact" }],
  ["elsewhere", { hostname: "evil.example", action: "login" }],
  ["of another site", { siteKey: "another" }],
]);

let provider = await startCaptchaProvider(secret, solved);
afterAll(() => provider.stop());
const lines: string[] = [];
beforeEach(async () => {
  lines.length = 0;
  await provider.stop();
  provider = await startCaptchaProvider(secret, solved);
});

const open = (keys: Partial<Record<CaptchaProvider, string>>) => {
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const url = `${provider.url}/siteverify`;
  return openCaptcha(
    {
      RECAPTCHA_SECRET_KEY: keys.recaptcha,
      RECAPTCHA_SITE_KEY: undefined,
      RECAPTCHA_VERIFY_URL: url,
      HCAPTCHA_SECRET_KEY: keys.hcaptcha,
      HCAPTCHA_SITE_KEY: siteKey,
      HCAPTCHA_VERIFY_URL: url,
      TURNSTILE_SECRET_KEY: keys.turnstile,
      TURNSTILE_SITE_KEY: undefined,
      TURNSTILE_VERIFY_URL: url,
    },
    { http: createHttpClient({ log, metrics: createMetrics() }), log },
  );
};
const all = () => open({ recaptcha: secret, hcaptcha: secret, turnstile: secret });
const question = (name: CaptchaProvider, answer = "solved"): CaptchaQuestion => ({
  provider: name,
  answer,
  client: "192.0.2.7",
  key: "0199f3c2-0000-7000-8000-000000000001",
});

test("knows the providers that have a secret, and their public keys", async () => {
  const captcha = open({ hcaptcha: secret });

  expect([...captcha.configured]).toEqual(["hcaptcha"]);
  expect(captcha.siteKeyOf("hcaptcha")).toBe(siteKey);
  expect(captcha.siteKeyOf("turnstile")).toBeUndefined();
  expect(await captcha.verify(question("turnstile"))).toEqual({
    kind: "unavailable",
    code: "not_configured",
  });
  expect(provider.requests).toEqual([]);
});

test("without any secret nothing is configured", () => {
  expect(open({}).configured.size).toBe(0);
});

describe("asks", () => {
  test.each<[CaptchaProvider, Record<string, string>]>([
    ["recaptcha", {}],
    ["hcaptcha", { sitekey: siteKey }],
    ["turnstile", { idempotency_key: question("turnstile").key }],
  ])("%s with exactly the fields it takes", async (name, besides) => {
    const verdict = await all().verify(question(name));

    expect(verdict).toEqual({ kind: "judged", passed: true, hostname: "www.example.com", errors: [] });
    expect(provider.last()).toEqual({ secret, response: "solved", remoteip: "192.0.2.7", ...besides });
    expect(provider.requests[0]).toMatchObject({ method: "POST", path: "/siteverify" });
  });

  test("without an address where none is known", async () => {
    await all().verify({ ...question("recaptcha"), client: undefined });

    expect(provider.last()).not.toHaveProperty("remoteip");
  });
});

describe("tells", () => {
  test("score, action and site of reCAPTCHA v3 as they are: what they cost is decided elsewhere", async () => {
    expect(await all().verify(question("recaptcha", "scored"))).toEqual({
      kind: "judged",
      passed: true,
      score: 0.3,
      action: "contact",
      hostname: "www.example.com",
      errors: [],
    });
    expect(await all().verify(question("turnstile", "elsewhere"))).toMatchObject({
      passed: true,
      action: "login",
      hostname: "evil.example",
    });
  });

  test("no score of hCaptcha, which counts the other way round", async () => {
    expect(await all().verify(question("hcaptcha", "scored"))).not.toHaveProperty("score");
  });

  test.each<[string, CaptchaProvider, string, string]>([
    ["an answer that was made up", "recaptcha", "made up", "invalid-input-response"],
    ["an answer of another site", "hcaptcha", "of another site", "sitekey-secret-mismatch"],
    ["no answer", "turnstile", "", "missing-input-response"],
  ])("%s", async (_title, name, answer, error) => {
    expect(await all().verify(question(name, answer))).toEqual({
      kind: "judged",
      passed: false,
      errors: [error],
    });
  });

  test("an answer that was spent, but not a repetition under the same key at Turnstile", async () => {
    const captcha = all();
    const spent = { kind: "judged", passed: false, errors: ["timeout-or-duplicate"] } as const;

    await captcha.verify(question("turnstile"));
    expect(await captcha.verify(question("turnstile"))).toMatchObject({ passed: true });
    expect(await captcha.verify({ ...question("turnstile"), key: crypto.randomUUID() })).toEqual(spent);
    await captcha.verify(question("recaptcha", "scored"));
    expect(await captcha.verify(question("recaptcha", "scored"))).toEqual(spent);
  });

  test("a longer answer than Turnstile takes without asking", async () => {
    expect(await all().verify(question("turnstile", "x".repeat(2_049)))).toEqual({
      kind: "judged",
      passed: false,
      errors: ["answer-too-long"],
    });
    expect(provider.requests).toEqual([]);
  });

  test("only words of the provider's errors, and few", async () => {
    provider.answerWith({
      status: 200,
      body: {
        success: false,
        "error-codes": ["<script>", "a b", ...new Array(20).fill("invalid-input-response")],
      },
    });

    const verdict = await all().verify(question("recaptcha"));

    expect(verdict.kind === "judged" && verdict.errors).toEqual(new Array(8).fill("invalid-input-response"));
  });
});

describe("is unavailable, which is not the visitor's fault", () => {
  test("where the provider does not know our secret; the log says so, without it", async () => {
    const captcha = open({ recaptcha: "another-planted-secret" });

    expect(await captcha.verify(question("recaptcha"))).toEqual({
      kind: "unavailable",
      code: "invalid-input-secret",
    });
    const entry = lines.map((line) => JSON.parse(line)).find(({ event }) => event === "captcha.unavailable");
    expect(entry).toMatchObject({ kind: "recaptcha", code: "invalid-input-secret" });
    expect(lines.join()).not.toMatch(/planted|192\.0\.2\.7|solved/);
  });

  test.each<[VendorFault, string]>([
    ["refuse", "connection"],
    ["500", "http_500"],
    ["429", "rate_limited"],
    ["html", "bad_answer"],
    ["cut-json", "bad_answer"],
    ["cut", "connection"],
    ["endless", "too_large"],
    ["bomb", "too_large"],
    ["redirect", "redirected"],
    ["reset", "connection"],
  ])("%s", async (fault, code) => {
    await provider.become(fault);

    expect(await all().verify(question("hcaptcha"))).toEqual({ kind: "unavailable", code });
    expect(provider.followed()).toBe(0);
    if (fault !== "refuse") expect(provider.requests).toHaveLength(1);
  });

  test.each<VendorFault>(["hang", "trickle"])(
    "%s: within 5 seconds",
    async (fault) => {
      await provider.become(fault);
      const began = performance.now();

      expect(await all().verify(question("recaptcha"))).toEqual({ kind: "unavailable", code: "timeout" });
      expect(performance.now() - began).toBeWithin(4_900, 5_500);
    },
    10_000,
  );

  test.each([[{ passed: true }], [{ success: "yes" }], [[]], ["true"], [{ success: true, score: 7 }]])(
    "JSON of another shape: %j",
    async (body) => {
      provider.answerWith({ status: 200, headers: { "content-type": "application/json" }, body });

      expect(await all().verify(question("recaptcha"))).toEqual({ kind: "unavailable", code: "bad_answer" });
    },
  );
});

test("Turnstile alone is asked a second time, once", async () => {
  provider.answerWith({ status: 503 }, { status: 200, body: { success: true } });
  expect(await all().verify(question("turnstile"))).toMatchObject({ kind: "judged", passed: true });
  expect(provider.requests).toHaveLength(2);

  provider.requests.length = 0;
  provider.answerWith({ status: 200, body: { success: false, "error-codes": ["internal-error"] } });
  expect(await all().verify(question("turnstile"))).toEqual({ kind: "unavailable", code: "internal-error" });
  expect(provider.requests).toHaveLength(2);
});
