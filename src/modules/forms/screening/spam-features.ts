import { deriveKey } from "#/kernel/crypto";
import type { Submission } from "../queries";
import type { Fields } from "../tables";

export const featureKinds = ["message", "word", "host", "sender", "script", "length"] as const;

/**
 * What the model sees of a message. `message` stands in every one, so its counts are the number of lessons.
 * Sender is the domain of the address; script and length are classes.
 */
export type Feature = { kind: (typeof featureKinds)[number]; value: string };

/** A feature as the tables know it: a signed 64-bit integer in decimal notation, from a keyed hash. */
export type Token = string;

export type Readable = Pick<Submission, "fields" | "emailNormalised">;

export const anyMessage: Feature = { kind: "message", value: "" };

const MOST_WORDS = 120;
const MOST_HOSTS = 20;
/** UTF-16 units of a message that are looked at: a hundred messages are judged in one go. */
const MOST_TEXT = 8_000;
const LONGEST_WORD = 40;

const scripts = ["Latin", "Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Hebrew"];
const lettersOf = scripts.map((name) => [name, new RegExp(`\\p{Script=${name}}`, "gu")] as const);
/** A script counts from this share of all letters on; so many characters are looked at. */
const SHARE = 0.05;
const SAMPLE = 1_000;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/**
 * The different features of a message: at most 120 words and 20 hosts, from its first 8,000 characters. The same text
 * gives the same features when it is judged and when it is learned.
 */
export function featuresOf({ fields, emailNormalised }: Readable): Feature[] {
  const text = textOf(fields).slice(0, MOST_TEXT).toWellFormed().normalize("NFKC").toLowerCase();
  // Pieces of one kind, so that no pattern has to look far ahead in a text that a stranger wrote.
  const pieces = text.split(/[\s<>"'()[\]]+/u);
  const links = pieces.filter((piece) => piece.includes("://"));
  const prose = pieces.filter((piece) => !piece.includes("://") && !piece.includes("@")).join(" ");
  const domain = emailNormalised?.split("@").at(-1);
  return [
    anyMessage,
    ...wordsIn(prose).map((value): Feature => ({ kind: "word", value })),
    ...hostsIn(links).map((value): Feature => ({ kind: "host", value })),
    ...(domain ? [{ kind: "sender", value: domain } as const] : []),
    { kind: "script", value: scriptsIn(prose) },
    { kind: "length", value: lengthClass(text.length) },
  ];
}

const textOf = (fields: Fields): string =>
  Object.values(fields)
    .map((value) => (typeof value === "object" ? value.join("\n") : String(value)))
    .join("\n");

/** By the rules of Unicode (UAX 29), which find words also where a language writes no spaces. Numbers are none. */
function wordsIn(prose: string): string[] {
  const words = new Set<string>();
  for (const { segment, isWordLike } of segmenter.segment(prose)) {
    if (!isWordLike || segment.length > LONGEST_WORD || /^(?:[a-z]|[\d.,]+)$/.test(segment)) continue;
    words.add(segment);
    if (words.size === MOST_WORDS) break;
  }
  return [...words];
}

function hostsIn(links: readonly string[]): string[] {
  const hosts = links.flatMap((link) => {
    const start = link.search(/https?:\/\//);
    return (start < 0 ? undefined : URL.parse(link.slice(start))?.hostname.replace(/^www\./, "")) ?? [];
  });
  return [...new Set(hosts)].slice(0, MOST_HOSTS);
}

function scriptsIn(prose: string): string {
  const sample = prose.slice(0, SAMPLE);
  const counted = lettersOf.map(([name, letters]) => [name, sample.match(letters)?.length ?? 0] as const);
  const all = counted.reduce((sum, [, count]) => sum + count, 0);
  return counted.flatMap(([name, count]) => (all > 0 && count / all >= SHARE ? [name] : [])).join("+");
}

const lengthClass = (length: number): string => {
  const bound = [60, 200, 600, 2_000, MOST_TEXT - 1].find((most) => length <= most);
  return bound === undefined ? "longer" : `up to ${bound}`;
};

/** Of features, by the first 64 bits of an HMAC-SHA256 under a key of the root secret: the table names nobody. */
export function tokensOf(rootSecret: Uint8Array, features: readonly Feature[]): Token[] {
  const keyed = new Bun.CryptoHasher("sha256", keyOf(rootSecret));
  return features.map(({ kind, value }) =>
    Buffer.from(keyed.copy().update(`${kind}:${value}`).digest())
      .readBigInt64BE()
      .toString(),
  );
}

const keys = new WeakMap<Uint8Array, Uint8Array>();

function keyOf(rootSecret: Uint8Array): Uint8Array {
  const key = keys.get(rootSecret) ?? deriveKey(rootSecret, "forms.spam-tokens");
  keys.set(rootSecret, key);
  return key;
}
