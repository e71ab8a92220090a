/** One message as its client saw it; the answer's id is there once it is acknowledged. */
export type Sent = { key: string; text: string; id: string | undefined };

export type Senders = {
  /** Every message begun so far. */
  sent: readonly Sent[];
  acknowledged(): Sent[];
  /** Answers that were neither 200 nor 503 with Retry-After. There should be none. */
  strange: readonly string[];
  /** 503 with Retry-After; connections that were refused, lost or reset; requests without an answer for 10 s. */
  refused(): number;
  lost(): number;
  hung(): number;
  /** The longest wait for an answer, in milliseconds; lost connections not counted. */
  longestMs(): number;
  /** When the last 503 came, by `performance.now()`. */
  lastRefusedAt(): number;
  /** Ends each client once its message is acknowledged; fails when that takes longer than `timeoutMs`. */
  finish(timeoutMs?: number): Promise<void>;
  /** Ends each client after its request under way. */
  stop(): Promise<void>;
};

const hangMs = 10_000;

/**
 * `count` clients that post the contact form one after the other, each message with an Idempotency-Key of its own.
 * After a lost connection or a 503 the same message goes out again with the same key, as a careful client's would.
 */
export function startSenders(url: () => string, count: number): Senders {
  const sent: Sent[] = [];
  const strange: string[] = [];
  const figures = { refused: 0, lost: 0, hung: 0, longest: 0, lastRefusedAt: 0 };
  let begins = true;
  let retries = true;

  const client = async () => {
    while (begins) {
      const message: Sent = {
        key: crypto.randomUUID(),
        text: `Message ${crypto.randomUUID()}`,
        id: undefined,
      };
      sent.push(message);
      while (retries && !(await attempt(message))) await Bun.sleep(20);
    }
  };

  const attempt = async (message: Sent): Promise<boolean> => {
    const began = performance.now();
    try {
      const answer = await post(url(), message);
      const body = await answer.text();
      figures.longest = Math.max(figures.longest, performance.now() - began);
      if (answer.status === 200) {
        message.id = (JSON.parse(body) as { id: string }).id;
      } else if (answer.status === 503 && Number(answer.headers.get("retry-after")) > 0) {
        figures.refused += 1;
        figures.lastRefusedAt = performance.now();
      } else strange.push(`${answer.status} ${body}`);
    } catch (error) {
      if ((error as Error).name === "TimeoutError") figures.hung += 1;
      else figures.lost += 1;
    }
    return message.id !== undefined;
  };

  const clients = Promise.all(Array.from({ length: count }, client));
  const acknowledged = () => sent.filter(({ id }) => id !== undefined);
  return {
    sent,
    strange,
    acknowledged,
    refused: () => figures.refused,
    lost: () => figures.lost,
    hung: () => figures.hung,
    longestMs: () => Math.round(figures.longest),
    lastRefusedAt: () => figures.lastRefusedAt,
    async finish(timeoutMs = 15_000) {
      begins = false;
      const timer = setTimeout(() => {
        retries = false;
      }, timeoutMs);
      await clients;
      clearTimeout(timer);
      const open = sent.length - acknowledged().length;
      if (open > 0) throw new Error(`${open} clients had no success within ${timeoutMs} ms`);
    },
    async stop() {
      begins = false;
      retries = false;
      await clients;
    },
  };
}

const post = (url: string, { key, text }: Sent) =>
  fetch(`${url}/f/contact`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", message: text }),
    signal: AbortSignal.timeout(hangMs),
  });
