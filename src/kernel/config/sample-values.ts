/**
 * Values that documentation and tutorials print as root secrets. Long ones are listed because length does not
 * give them away: Flask's quickstart, FastAPI's tutorial, and keys that count up.
 */
const published = new Set([
  "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
  "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  "abcdefghijklmnopqrstuvwxyz012345",
  "abcdefghijklmnopqrstuvwxyz123456",
  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
]);

/** Words that a person replaces and a generator does not produce: five letters and more at one place. */
const worded =
  /your[-_ ]|change[-_ ]?(me|this|it|in|before)|replace[-_ ]?(me|this|with)|insecure|not[-_ ]?secure|placeholder|super[-_ ]?secret|secret[-_ ]?key|default[-_ ]|example|development|^dev[-_]|^test[-_]/i;

/** A root secret that everybody knows. */
export const isKnownDefault = (secret: string) => published.has(secret) || worded.test(secret);

/** A vendor's key that was never filled in, such as `your-api-key` or `<token>`. */
export const isPlaceholder = (value: string) =>
  /(^|[/:@.])<?your[-_ ]/i.test(value) ||
  /^(<[^>]*>|x{3,}|change[-_]?me|replace[-_]?me|placeholder)$/i.test(value);

/** One-time codes that nobody had to guess. */
export const isKnownCode = (code: string) =>
  code.length < 6 ||
  isRepetition(code) ||
  ["123456", "654321", "12345678"].includes(code) ||
  worded.test(code);

/** One character, or a group of at most sixteen, over and over. */
export function isRepetition(value: string): boolean {
  for (let period = 1; period <= Math.min(16, value.length / 2); period++) {
    if (value.startsWith(value.slice(period))) return true;
  }
  return false;
}
