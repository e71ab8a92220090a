import { createHmac, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { deriveKey } from "#/kernel/crypto";
import type { Kernel } from "#/kernel/kernel";
import { purposeKey } from "#/modules/accounts/access-tokens";
import { issueLink, linkToken } from "#/modules/accounts/links";
import { endAllSessions } from "#/modules/accounts/open-session";
import { type SignedIn, signInDirectly } from "./callers";

/** A token that nobody may use, and what its user is told. */
export type Forged = { title: string; token: string; message: string };
type Claims = Record<string, unknown>;

const notThree = "Not enough segments";
const unreadable = "Invalid token";
const expired = "Signature has expired";
const failed = "Signature verification failed";
const revoked = "Token has been revoked";

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
const header = { alg: "HS256", typ: "at+jwt" };
const digests: Record<string, string> = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };
const now = () => Math.floor(Date.now() / 1000);

/** A JWS in compact form (RFC 7515 §7.1), signed as its header says or as `HS256`. */
export function signToken(claims: Claims, key: string | Uint8Array, more: object = {}): string {
  const whole = { ...header, ...more };
  const input = `${encode(whole)}.${encode(claims)}`;
  const digest = digests[whole.alg] ?? "sha256";
  return `${input}.${createHmac(digest, key).update(input).digest("base64url")}`;
}

/** The claims of a token of this service for somebody's session. */
export const claimsOf = ({ id, sessionId }: SignedIn, scope = "dev") => ({
  iss: "gatehouse",
  aud: "gatehouse",
  sub: String(id),
  ver: 0,
  sid: String(sessionId),
  scope,
  jti: randomBytes(16).toString("base64url"),
  iat: now(),
  exp: now() + 900,
});

const without = (claims: Claims, name: string): Claims => {
  const { [name]: _, ...rest } = claims;
  return rest;
};

/** Another algorithm than ours, or none (RFC 8725 §2.1). `key` is ours: it must not help. */
export function otherAlgorithms(claims: Claims, key: Uint8Array): Forged[] {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const unsigned = (alg: unknown) => `${encode({ ...header, alg })}.${encode(claims)}`;
  const asymmetric = (alg: string, with_: typeof privateKey) => {
    const input = unsigned(alg);
    return `${input}.${createSign("sha256").update(input).sign(with_, "base64url")}`;
  };
  const signature = signToken(claims, key).split(".")[2];
  return [
    { title: "alg none", token: `${unsigned("none")}.`, message: failed },
    { title: "alg None", token: `${unsigned("None")}.`, message: failed },
    { title: "alg NONE with a signature", token: `${unsigned("NONE")}.${signature}`, message: failed },
    { title: "alg empty", token: `${unsigned("")}.${signature}`, message: failed },
    { title: "no alg", token: `${unsigned(undefined)}.${signature}`, message: failed },
    { title: "alg a list", token: `${unsigned(["HS256"])}.${signature}`, message: failed },
    { title: "HS384", token: signToken(claims, key, { alg: "HS384" }), message: failed },
    { title: "HS512", token: signToken(claims, key, { alg: "HS512" }), message: failed },
    { title: "hs256", token: signToken(claims, key, { alg: "hs256" }), message: failed },
    { title: "RS256", token: asymmetric("RS256", privateKey), message: failed },
    { title: "PS256", token: asymmetric("PS256", privateKey), message: failed },
    { title: "ES256", token: asymmetric("ES256", elliptic.privateKey), message: failed },
    { title: "RS256 as HMAC with our key", token: signToken(claims, key, { alg: "RS256" }), message: failed },
    { title: "a public key as the secret", token: signToken(claims, pem), message: failed },
    { title: "no signature", token: `${unsigned("HS256")}.`, message: failed },
  ];
}

/** Keys that are not for access tokens. */
export function otherKeys(claims: Claims, { config }: Pick<Kernel, "config">): Forged[] {
  const purposes = (["refresh", "link", "network", "address"] as const).map(
    (purpose) => [`the key of ${purpose}`, purposeKey(config, purpose)] as const,
  );
  const keys: (readonly [string, string | Uint8Array])[] = [
    ["a random key", randomBytes(32)],
    ["an empty key", ""],
    ["a guessed key", "secret"],
    ["the root secret", config.rootSecret],
    ["the key of sealing", deriveKey(config.rootSecret, "ENCRYPTION_KEY")],
    ["the derived key where one is set", deriveKey(config.rootSecret, "JWT_SECRET_KEY")],
    ...purposes,
  ];
  return keys.map(([title, key]) => ({ title, token: signToken(claims, key), message: failed }));
}

/** Headers that name or bring a key, or ask for what nobody here does (RFC 7515 §4.1, RFC 7797). */
export function oddHeaders(claims: Claims, key: Uint8Array): Forged[] {
  const theirs = randomBytes(32);
  const jwk = { kty: "oct", k: theirs.toString("base64url") };
  const bringing: Record<string, object> = {
    "kid a path": { kid: "../../../../dev/null" },
    "kid a statement": { kid: "' union select 'x" },
    jku: { jku: "http://127.0.0.1:9/keys" },
    x5u: { x5u: "http://127.0.0.1:9/keys" },
    jwk: { jwk },
    x5c: { x5c: [theirs.toString("base64")] },
    cty: { cty: "JWT" },
    zip: { zip: "DEF" },
  };
  const asking: Record<string, object> = {
    "crit unknown": { crit: ["exp"], exp: now() + 900 },
    "crit empty": { crit: [] },
    "crit of ours": { crit: ["http://gatehouse/x"], "http://gatehouse/x": true },
    "unencoded payload": { b64: false, crit: ["b64"] },
    "typ JWT": { typ: "JWT" },
    "typ of a refresh token": { typ: "rt+jwt" },
    "no typ": { typ: undefined },
  };
  const nothing = signToken(claims, "", { kid: "../../../../dev/null" });
  return [
    { title: "kid of an empty file", token: nothing, message: failed },
    ...Object.entries(bringing).map(([title, more]) => ({
      title: `${title}, another key`,
      token: signToken(claims, theirs, more),
      message: failed,
    })),
    ...Object.entries(asking).map(([title, more]) => ({
      title,
      token: signToken(claims, key, more),
      message: failed,
    })),
  ];
}

/** Claims that are missing, of another type, or not ours; all well signed. */
export function oddClaims(claims: Claims, key: Uint8Array): Forged[] {
  const changed: [string, Claims, string?][] = [
    ...["exp", "sub", "jti", "sid", "ver", "scope", "iss", "aud"].map((name): [string, Claims] => [
      `no ${name}`,
      without(claims, name),
    ]),
    ["no iat", without(claims, "iat"), unreadable],
    ["a numeric sub", { ...claims, sub: Number(claims.sub) }],
    ["sub as 1e0", { ...claims, sub: "1e0" }],
    ["sub with a blank", { ...claims, sub: ` ${claims.sub}` }],
    ["sub with a sign", { ...claims, sub: `+${claims.sub}` }],
    ["sub beyond int4", { ...claims, sub: "4294967297" }],
    ["sub a list", { ...claims, sub: [claims.sub] }],
    ["a numeric sid", { ...claims, sid: Number(claims.sid) }],
    ["sid a statement", { ...claims, sid: "1 or 1=1" }],
    ["sid beyond int8", { ...claims, sid: "99999999999999999999" }],
    ["ver as text", { ...claims, ver: "0" }],
    ["ver null", { ...claims, ver: null }],
    ["ver below 0", { ...claims, ver: -1 }],
    ["an unknown scope", { ...claims, scope: "admin" }],
    ["scope a list", { ...claims, scope: ["dev"] }],
    ["another issuer", { ...claims, iss: "elsewhere" }],
    ["another audience", { ...claims, aud: "elsewhere" }],
    ["iat as text", { ...claims, iat: String(claims.iat) }, unreadable],
    ["exp as text", { ...claims, exp: String(claims.exp) }],
    ["nbf ahead", { ...claims, nbf: now() + 3600 }],
    ["expired", { ...claims, iat: now() - 800, exp: now() - 60 }, expired],
    ["expired at the time it was issued", { ...claims, exp: now() - 60, iat: now() }],
    ["issued too long ago for its exp", { ...claims, iat: now() - 100_000, exp: now() + 900_000 }, expired],
    ["issued tomorrow", { ...claims, iat: now() + 86_400, exp: now() + 87_000 }, expired],
  ];
  return changed.map(([title, body, message = failed]) => ({ title, token: signToken(body, key), message }));
}

/** Tokens of the right kind that are cut, padded or spelled otherwise, and what is none. */
export function oddSpellings(claims: Claims, key: Uint8Array): Forged[] {
  const good = signToken(claims, key);
  const [head = "", body = "", signature = ""] = good.split(".");
  const spare = nextInBase64(signature.at(-1) ?? "");
  const other = encode({ ...claims, sub: "1" });
  const big = { ...claims, more: "a".repeat(4_000) };
  return [
    { title: "without its last characters", token: good.slice(0, -3), message: failed },
    { title: "half of it", token: good.slice(0, good.length / 2), message: notThree },
    { title: "two parts", token: `${head}.${body}`, message: notThree },
    { title: "four parts", token: `${good}.${signature}`, message: notThree },
    { title: "a dot more", token: `${good}.`, message: notThree },
    { title: "doubled dots", token: `${head}..${body}.${signature}`, message: notThree },
    { title: "dots alone", token: "..", message: unreadable },
    { title: "padded", token: `${good}=`, message: unreadable },
    { title: "a padded body", token: `${head}.${body}==.${signature}`, message: unreadable },
    {
      title: "other spare bits",
      token: `${head}.${body}.${signature.slice(0, -1)}${spare}`,
      message: unreadable,
    },
    { title: "another body", token: `${head}.${other}.${signature}`, message: failed },
    {
      title: "the header of another",
      token: `${encode({ ...header, x: 1 })}.${body}.${signature}`,
      message: failed,
    },
    {
      title: "base64 with its own alphabet",
      token: `${head}.${body}.+/${signature.slice(2)}`,
      message: unreadable,
    },
    {
      title: "in hexadecimal",
      token: good
        .split(".")
        .map((part) => Buffer.from(part).toString("hex"))
        .join("."),
      message: unreadable,
    },
    { title: "a signature of another length", token: `${good}AAAA`, message: failed },
    { title: "more than 4 KB", token: signToken(big, key), message: unreadable },
    {
      title: "no JSON",
      token: `${head}.${Buffer.from("{").toString("base64url")}.${signature}`,
      message: unreadable,
    },
    { title: "null", token: signToken(null as never, key), message: unreadable },
  ].filter(({ token }) => token !== good);
}

/** A character whose spare two bits differ: lax decoders read the same bytes (RFC 4648 §3.5). */
function nextInBase64(character: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(character) ^ 1] ?? "A";
}

type World = { kernel: Kernel };

/** Tokens that were good once, or are good for something else. */
export async function staleTokens(world: World, key: Uint8Array): Promise<Forged[]> {
  const { config, db } = world.kernel;
  const asDev = () => signInDirectly(world, { role: "dev", scope: "dev" });
  const set = (table: "users" | "sessions", id: number, change: string) =>
    db.execute(sql.raw(`update gatehouse.${table} set ${change} where id = ${id}`));
  const [deleted, disabled, older, ended, over, other, mine] = [
    await asDev(),
    await asDev(),
    await asDev(),
    await asDev(),
    await asDev(),
    await asDev(),
    await asDev(),
  ];
  await db.execute(sql`delete from gatehouse.users where id = ${deleted.id}`);
  await set("users", disabled.id, "disabled_at = now()");
  await db.transaction((tx) => endAllSessions(tx, older.id, "test"));
  await set("sessions", ended.sessionId, "revoked_at = now()");
  await set("sessions", over.sessionId, "expires_at = now()");
  const asUser = await signInDirectly(world, { role: "dev" });
  const enrolling = await signInDirectly(world, { role: "dev", scope: "enrol" });
  const link = await db.transaction((tx) =>
    issueLink(tx, config, { purpose: "reset", userId: mine.id, email: mine.email }),
  );
  const good = claimsOf(mine);
  const forOther = signToken({ ...good, sid: String(other.sessionId) }, key);
  return [
    { title: "a deleted account", token: deleted.accessToken, message: revoked },
    { title: "a disabled account", token: disabled.accessToken, message: revoked },
    { title: "an older version", token: older.accessToken, message: revoked },
    { title: "a newer version", token: signToken({ ...good, ver: 1 }, key), message: revoked },
    { title: "a revoked session", token: ended.accessToken, message: revoked },
    { title: "a session that is over", token: over.accessToken, message: revoked },
    { title: "another's session", token: forOther, message: revoked },
    { title: "no session", token: signToken({ ...good, sid: "999999" }, key), message: revoked },
    { title: "no account", token: signToken({ ...good, sub: "999999" }, key), message: revoked },
    { title: "scope dev in a session without it", token: signToken(claimsOf(asUser), key), message: revoked },
    { title: "scope dev while enrolling", token: signToken(claimsOf(enrolling), key), message: revoked },
    { title: "a refresh token", token: mine.refreshToken, message: notThree },
    { title: "a one-time link", token: linkToken(config, link), message: notThree },
    { title: "a link's seed", token: link, message: notThree },
  ];
}
