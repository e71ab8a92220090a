const mostBytes = 1024;

/**
 * What is kept of an answer: one line of text, at most 1 KB, without the secrets that the other side may have echoed as
 * they are, as JSON, as base64, or as part of an address. Control characters become spaces: PostgreSQL takes no NUL.
 */
export function quoteAnswer(body: Uint8Array, secrets: readonly string[]): string {
  const text = secrets
    .filter((secret) => secret !== "")
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, "***"), new TextDecoder().decode(body));
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return line.slice(0, new TextEncoder().encodeInto(line, new Uint8Array(mostBytes)).read);
}

const spellings = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString("base64"),
];
