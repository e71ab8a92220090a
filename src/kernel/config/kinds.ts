import { createPublicKey } from "node:crypto";
import { isAbsolute, resolve } from "node:path";
import { type TString, type TTransform, Type } from "@sinclair/typebox";
import { isNetwork, loopback } from "../networks";
import type { RateRule } from "../rate-limit/rate-rule";

/** What is said of a setting beside its kind. `default` is text, as it would stand in the environment. */
export type Facts = {
  description: string;
  default?: string;
  /** Never shown, deleted from the environment after reading. */
  secret?: true;
  /** Belongs to a vendor's account: a sample value such as `your-api-key` counts as not set. */
  vendor?: true;
  /** Known and checked, without effect in this release. */
  later?: true;
};

type Decoded<T, F extends Facts> = F extends { default: string } ? T : T | undefined;
type Kind<T> = <const F extends Facts>(facts: F) => TTransform<TString, Decoded<T, F>>;

/** `must` completes the sentence "NAME must be …". `decode` throws, or returns undefined, where it is not. */
const kind =
  <T>(must: string, decode: (text: string) => T | undefined): Kind<T> =>
  <F extends Facts>(facts: F) =>
    Type.Transform(Type.String({ ...facts, must }))
      .Decode((text) => {
        const value = decode(text);
        if (value === undefined) throw new RangeError(must);
        return value as Decoded<T, F>;
      })
      .Encode(String);

const when = <T>(holds: boolean, value: T): T | undefined => (holds ? value : undefined);

/** Commas, blanks, or a JSON list, which services written with pydantic use. */
function split(text: string): readonly string[] {
  if (!text.startsWith("[")) return text.split(/[\s,]+/).filter(Boolean);
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === "string")) throw new TypeError();
  return list.map((entry) => entry.trim()).filter(Boolean);
}

const list = (must: string, entry: (text: string) => string | undefined) =>
  kind<readonly string[]>(must, (text) => {
    const entries = split(text).map(entry);
    return entries.includes(undefined) ? undefined : [...new Set(entries as string[])];
  });

const isPrintable = (text: string) => !/\p{Cc}/u.test(text);
const isAddress = (text: string) => isPrintable(text) && /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(text);

export const text = kind("text on one line", (value) => when(isPrintable(value), value));

/** May hold line breaks, as a private key does. */
export const secretText = kind("text", (value) => when(!value.includes("\0"), value));

export const integer = (minimum: number, maximum: number) =>
  kind(`a whole number from ${minimum} to ${maximum}`, (value) =>
    when(/^\d{1,15}$/.test(value) && Number(value) >= minimum && Number(value) <= maximum, Number(value)),
  );

/** Spellings, in lower case, and what each of them means. The first spelling of a meaning is the one shown. */
export const choice = <const T extends string>(spellings: Record<string, T>) =>
  kind(`one of ${[...new Set(Object.values(spellings))].join(", ")}`, (value) =>
    Object.hasOwn(spellings, value.toLowerCase()) ? spellings[value.toLowerCase()] : undefined,
  );

export const onOff = choice({
  on: "on",
  true: "on",
  yes: "on",
  "1": "on",
  off: "off",
  false: "off",
  no: "off",
  "0": "off",
});

export const host = kind("an address or a host name, without port", (value) =>
  when(/^[\w.:-]+$/.test(value) && (!value.includes(":") || isNetwork(value)), value),
);

/** Absolute from here on, whatever the working directory becomes. */
export const path = kind("a path", (value) =>
  when(isPrintable(value), isAbsolute(value) ? value : resolve(value)),
);

/** The socket's address holds 108 bytes with its final NUL (Linux, unix(7)). */
export const socketPath = kind("a path of at most 107 bytes", (value) =>
  when(isPrintable(value) && Buffer.byteLength(resolve(value)) <= 107, resolve(value)),
);

export const url = (...schemes: readonly string[]) =>
  kind(`a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`, (value) =>
    when(isPrintable(value) && schemes.some((scheme) => new URL(value).protocol === `${scheme}:`), value),
  );

/** Without its final slash, so that a path can be put behind it. */
export const publicUrl = kind(
  "a URL that starts with https:// or http://, without query or sign-in",
  (value) => {
    const { protocol, username, search, hash, href } = new URL(value);
    const plain = /^https?:$/.test(protocol) && username === "" && search === "" && hash === "";
    return when(plain, href.replace(/\/+$/, ""));
  },
);

/** SQLAlchemy names its driver in the scheme (`postgresql+asyncpg`): dropped. Several hosts are allowed, as in libpq. */
export const databaseUrl = kind("a PostgreSQL URL (postgresql://user:password@host:5432/name)", (value) => {
  const plain = value.replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, "postgresql://");
  const hosts = plain.replace(/^(postgresql:\/\/(?:[^@/]*@)?[^,/?]*)(?:,[^/?]*)?/, "$1");
  return when(isPrintable(value) && new URL(hosts).protocol === "postgresql:", plain);
});

export const address = kind("one e-mail address", (value) => when(isAddress(value), value));

export const addresses = list("e-mail addresses, separated by commas", (entry) =>
  when(isAddress(entry), entry),
);

/** Addresses or whole domains (`@example.com`), as written; whoever compares them makes keys of them. */
export const emailPatterns = list("e-mail addresses or @domains, separated by commas", (entry) =>
  when(isAddress(entry) || /^@[^\s@<>,;"]+$/.test(entry), entry),
);

/** A page of the site that takes a one-time token where `{token}` stands. */
export const linkTemplate = kind("a URL that starts with https:// or http:// and holds {token}", (value) => {
  const { protocol, username } = new URL(value.replaceAll("{token}", "token"));
  const plain = /^https?:$/.test(protocol) && username === "" && value.split("{token}").length === 2;
  return when(isPrintable(value) && plain, value);
});

export const slugs = list("names of forms, separated by commas", (entry) =>
  when(/^[a-z0-9][a-z0-9_-]*$/.test(entry), entry),
);

/** `a@example.com` or `Name <a@example.com>`. */
export const sender = kind("an e-mail address, or Name <address>", (value) => {
  const [, bracketed] = /^[^<>]*<([^<>]+)>$/.exec(value) ?? [];
  return when(isPrintable(value) && isAddress(bracketed ?? value), value);
});

/** Spelled as a browser spells `Origin`: lower case, no final slash, no default port. */
export const origins = list(
  "full origins such as https://example.com or https://*.example.com, separated by commas, or *",
  (entry) => {
    if (entry === "*") return entry;
    const { protocol, username, pathname, search, hash, origin } = new URL(
      entry.replace("://*.", "://wildcard."),
    );
    const plain = /^https?:$/.test(protocol) && username === "" && pathname === "/" && !search && !hash;
    const result = entry.includes("://*.") ? origin.replace("://wildcard.", "://*.") : origin;
    return when(plain && (result.match(/\*/g)?.length ?? 0) <= (entry.includes("://*.") ? 1 : 0), result);
  },
);

/** `loopback` is this machine, `none` says that there is none. */
export const networks = kind<readonly string[]>(
  "addresses or networks such as 10.0.0.0/8, separated by commas, or loopback, or none",
  (value) => {
    const entries = split(value).flatMap((entry) => (entry === "loopback" ? loopback : entry));
    if (entries.length === 1 && entries[0] === "none") return [];
    return when(entries.every(isNetwork), entries);
  },
);

/** As `Intl` knows it: `Europe/Berlin`, `UTC`. */
export const timeZone = kind("a time zone such as Europe/Berlin", (value) => {
  new Intl.DateTimeFormat("en", { timeZone: value });
  return value;
});

/** Names to names, as JSON. */
export const names = kind<Readonly<Record<string, string>>>('JSON such as {"field":"property"}', (value) => {
  const json: unknown = JSON.parse(value);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return;
  const plain = Object.values(json).every((entry) => typeof entry === "string" && /^\w*$/.test(entry));
  return when(plain, json as Record<string, string>);
});

/** SubjectPublicKeyInfo in base64, as SendGrid shows it, or with the lines of PEM around it. Given without them. */
export const publicKey = kind("an ECDSA P-256 public key in base64", (value) => {
  const base64 = value.replace(/-----[A-Z ]+-----|\\n|\s/g, "");
  const key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  return when(key.asymmetricKeyDetails?.namedCurve === "prime256v1", base64);
});

const secondsIn: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whole seconds. `off` is 0. */
export const duration = kind("a time such as 10s, 5m, 1h, or off", (value) => {
  if (value === "off") return 0;
  const [, amount, unit = "s"] = /^(\d{1,6})([smhd]?)$/.exec(value) ?? [];
  return amount === undefined ? undefined : Number(amount) * secondsIn[unit || "s"]!;
});

/** `off` is a rule with 0 points. */
export const rate = kind<Omit<RateRule, "name">>("a rate such as 10/60s, or off", (value) => {
  if (value === "off") return { points: 0, seconds: 60 };
  const [, points, amount, unit = ""] = /^(\d{1,7})\/(\d{1,6})([smhd])$/.exec(value) ?? [];
  const rule = { points: Number(points), seconds: Number(amount) * secondsIn[unit]! };
  return when(rule.points > 0 && rule.seconds > 0, rule);
});

/** 32 bytes in base64 or base64url, padded or not; a Fernet key is one. */
export const key256 = kind("32 bytes in base64 or base64url", (value) => {
  const bytes = Buffer.from(value, "base64url");
  const plain = value.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
  return when(bytes.length === 32 && bytes.toString("base64url") === plain, new Uint8Array(bytes));
});
