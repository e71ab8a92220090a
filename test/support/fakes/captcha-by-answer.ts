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
 * Providers of captchas on the loopback (siteverify, one path each) whose verdict follows from the answer, so that a test
 * says by its post what will come of it; they can be slow at will. An answer is good once, as with the real ones.
 */
export function startCaptchaByAnswer() {
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
      const provider = new URL(request.url).pathname.slice(1);
      asked.push({ provider, answer, client: form.get("remoteip"), at });
      const reply = said[answer.split(" #")[0] ?? ""] ?? said.fail;
      if (reply === "hang") await waiting.promise;
      if (spent.has(answer)) return Response.json(said.spent);
      spent.add(answer);
      return Response.json(reply === "hang" ? said.pass : reply);
    },
  });
  return {
    /** The settings that make the service ask here. */
    env: Object.fromEntries(
      ["recaptcha", "hcaptcha", "turnstile"].flatMap((provider) => [
        [`${provider.toUpperCase()}_SECRET_KEY`, "secret"],
        [`${provider.toUpperCase()}_VERIFY_URL`, `http://127.0.0.1:${server.port}/${provider}`],
      ]),
    ) as Record<string, string>,
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
