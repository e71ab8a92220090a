import {
  type Captcha,
  type CaptchaProvider,
  type CaptchaQuestion,
  type CaptchaVerdict,
  captchaProviders,
  noCaptcha,
} from "#/kernel/captcha";
import type { Config } from "#/kernel/config";
import { classify, type HttpClient } from "#/kernel/http-client";
import type { Log } from "#/kernel/log";
import { readCaptchaAnswer } from "./captcha-answer";

const limitMs = 5_000;
/** Turnstile refuses longer ones unread (Cloudflare, "Validate the token"). */
const longestAnswer = { recaptcha: 8192, hcaptcha: 8192, turnstile: 2048 };

type CaptchaConfig = Pick<
  Config,
  `${"RECAPTCHA" | "HCAPTCHA" | "TURNSTILE"}_${"SECRET_KEY" | "SITE_KEY" | "VERIFY_URL"}`
>;
type Account = { secret: string; siteKey: string | undefined; url: string };

/** The providers that have a secret; without any, the port that knows none. */
export function openCaptcha(config: CaptchaConfig, { http, log }: { http: HttpClient; log: Log }): Captcha {
  const accounts = new Map(
    captchaProviders.flatMap((provider) => {
      const account = accountOf(config, provider);
      return account ? [[provider, account] as const] : [];
    }),
  );
  if (accounts.size === 0) return noCaptcha;

  return {
    configured: new Set(accounts.keys()),
    siteKeyOf: (provider) => accounts.get(provider)?.siteKey,
    async verify(question) {
      const account = accounts.get(question.provider);
      if (!account) return { kind: "unavailable", code: "not_configured" };
      const { provider, answer } = question;
      if (answer.length > longestAnswer[provider])
        return { kind: "judged", passed: false, errors: ["answer-too-long"] };
      const verdict = await ask(http, account, question);
      // Under the same key Turnstile answers a repetition as it answered the first time; the others would call it spent.
      const again = provider === "turnstile" && verdict.kind === "unavailable" && isPassing(verdict.code);
      const last = again ? await ask(http, account, question) : verdict;
      if (last.kind === "unavailable")
        log("warn", "captcha.unavailable", { kind: provider, code: last.code });
      return last;
    },
  };
}

/** Form-encoded, as all three take it; none of them answers a refusal with anything but 200. */
async function ask(
  http: HttpClient,
  { secret, siteKey, url }: Account,
  { provider, answer, client, key }: CaptchaQuestion,
): Promise<CaptchaVerdict> {
  const body = new URLSearchParams({ secret, response: answer });
  if (client !== undefined) body.set("remoteip", client);
  if (provider === "hcaptcha" && siteKey !== undefined) body.set("sitekey", siteKey);
  if (provider === "turnstile") body.set("idempotency_key", key);
  const result = classify(
    await http.call({
      integration: provider,
      operation: "verify",
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: body.toString(),
      target: "configured",
      firstByteMs: limitMs,
      totalMs: limitMs,
    }),
    { idempotent: provider === "turnstile", credentials: false, secrets: [secret], expect: "json" },
  );
  if (result.kind !== "ok") return { kind: "unavailable", code: result.why.code };
  return readCaptchaAnswer(provider, result.json);
}

/** What a second later may be over: not a breaker, and nothing that is wrong with our account. */
const isPassing = (code: string) =>
  ["connection", "dns", "timeout", "tls", "broken", "bad_answer", "internal-error"].includes(code) ||
  /^http_5/.test(code);

function accountOf(config: CaptchaConfig, provider: CaptchaProvider): Account | undefined {
  const prefix = ({ recaptcha: "RECAPTCHA", hcaptcha: "HCAPTCHA", turnstile: "TURNSTILE" } as const)[
    provider
  ];
  const secret = config[`${prefix}_SECRET_KEY`];
  if (secret === undefined) return;
  return { secret, siteKey: config[`${prefix}_SITE_KEY`], url: config[`${prefix}_VERIFY_URL`] };
}
