/** One message as a client saw it: acknowledged when `id` is there. */
export type Sent = { key: string; text: string; id: string | undefined };

export type Senders = {
  /** Every message begun so far. */
  sent: readonly Sent[];
  /** Answers that were neither 200, 429 nor 503; there should be none. */
  strange: readonly string[];
  /** Longest wait for an answer, in milliseconds; lost connections not counted. */
  longestMs: () => number;
  stop(): Promise<void>;
};

/**
 * `count` clients that post the contact form one after the other, each message with a key of its own. After a
 * lost connection or a 503 the same message is sent again with the same key, as a careful client would.
 */
export function startSenders(url: () => string, count: number): Senders {
  const sent: Sent[] = [];
  const strange: string[] = [];
  let running = true;
  let longest = 0;

  const client = async () => {
    while (running) {
      const message: Sent = {
        key: crypto.randomUUID(),
        text: `Message ${crypto.randomUUID()}`,
        id: undefined,
      };
      sent.push(message);
      while (running && message.id === undefined) await attempt(message);
    }
  };

  const attempt = async (message: Sent) => {
    const began = performance.now();
    try {
      const answer = await fetch(`${url()}/f/contact`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": message.key },
        body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: message.text }),
      });
      const body = (await answer.json()) as { id?: string };
      longest = Math.max(longest, performance.now() - began);
      if (answer.status === 200) message.id = body.id;
      else if (answer.status !== 503) strange.push(`${answer.status} ${JSON.stringify(body)}`);
      else await Bun.sleep(20);
    } catch {
      await Bun.sleep(20);
    }
  };

  const clients = Array.from({ length: count }, client);
  return {
    sent,
    strange,
    longestMs: () => longest,
    stop: async () => {
      running = false;
      await Promise.all(clients);
    },
  };
}
