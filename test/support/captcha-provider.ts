import type { Captcha, CaptchaProvider } from "#/kernel/captcha";

type Said = Record<string, unknown> | "hang";

/** What a provider says of an answer, by the answer. */
const said: Record<string, Said> = {
  pass: { success: true, hostname: "www.example.com" },
  human: { success: true, hostname: "www.example.com", score: 0.9, action: "contact" },
  machine: { success: true, hostname: "www.example.com", score: 0.1, action: "contact" },
  elsewhere: { success: true, hostname: "evil.example" },
  fail: { success: false, "error-codes": ["invalid-input-response"] },
  spent: { success: false, "error-codes": ["timeout-or-duplicate"] },
  "bad secret": { success: false, "error-codes": ["invalid-input-secret"] },
  odd: { success: false, "error-codes": ["<b>Visitor's own text</b>"] },
  slow: "hang",
};

/**
 * A provider of captchas on the loopback that speaks siteverify (integrations §10), and the port that asks it. An answer
 * is good once, as with the real ones.
 */
export function startCaptchaProvider() {
  const asked: { provider: string; answer: string; client: string | null; at: number }[] = [];
  const spent = new Set<string>();
  let waiting = Promise.withResolvers<void>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const at = performance.now();
      const form = new URLSearchParams(await request.text());
      const answer = form.get("response") ?? "";
      asked.push({
        provider: new URL(request.url).pathname.slice(1),
        answer,
        client: form.get("remoteip"),
        at,
      });
      const reply = said[answer.split(" #")[0] ?? ""] ?? said.fail;
      if (reply === "hang") await waiting.promise;
      if (spent.has(answer)) return Response.json(said.spent);
      spent.add(answer);
      return Response.json(reply === "hang" ? said.pass : reply);
    },
  });
  const port: Captcha = {
    configured: new Set<CaptchaProvider>(["recaptcha", "turnstile", "hcaptcha"]),
    siteKeyOf: () => undefined,
    async verify({ provider, answer, client }) {
      const body = new URLSearchParams({ response: answer, ...(client && { remoteip: client }) });
      const signal = AbortSignal.timeout(10_000);
      const url = `http://127.0.0.1:${server.port}/${provider}`;
      const reply = await fetch(url, { method: "POST", body, signal }).catch(() => undefined);
      if (!reply) return { kind: "unavailable", code: "timeout" };
      const { success, hostname, score, action, ...rest } = (await reply.json()) as {
        success: boolean;
        hostname?: string;
        score?: number;
        action?: string;
        "error-codes"?: string[];
      };
      const errors = rest["error-codes"] ?? [];
      if (errors.includes("invalid-input-secret")) return { kind: "unavailable", code: "invalid_secret" };
      return {
        kind: "judged",
        passed: success,
        errors,
        ...(hostname !== undefined && { hostname }),
        ...(score !== undefined && { score }),
        ...(action !== undefined && { action }),
      };
    },
  };
  return {
    port,
    /** Every question, oldest first. */
    asked,
    /** Answers what hangs. */
    release() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
    reset() {
      asked.length = 0;
      spent.clear();
    },
    stop: () => server.stop(true),
  };
}
