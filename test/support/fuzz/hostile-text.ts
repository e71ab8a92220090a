import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";

const corpus = join(import.meta.dir, "../../../../shared/corpora/blns/blns.json");

/** Is in many hostile texts and in nothing of ours: where it turns up, something submitted was repeated. */
export const canary = "kestrel7f3a";

const invisible = [
  "\u202eabc",
  "\u2066x\u2069",
  "\u200b",
  "\u200d",
  "\ufeff",
  "\u2028",
  "a\u0301".repeat(40),
];
export const markup = [
  `"><script>alert(1)</script>${canary}`,
  `</textarea><img src=x onerror=alert(1)>${canary}`,
  `' onmouseover='alert(1)' ${canary}`,
  `</title><svg/onload=alert(1)>${canary}`,
];
const syntax = [
  "=1+1",
  "@SUM(A1)",
  "-1|cmd",
  "+1",
  "＝1",
  "'); drop table submissions; --",
  "<%= 7*7 %>",
  "{{7*7}}",
];
const lines = [
  "\r\n",
  "a\r\nBcc: x@example.com",
  "a\rb",
  "\t",
  "\u0085",
  "\x7f",
  "%00",
  "%0d%0a",
  "../../etc/passwd",
];
const numbers = ["1e999", "-0", "NaN", "0x10", "9007199254740993", "١٢"];

/** What PostgreSQL refuses, or would silently replace. */
export const unstorable = ["\0", `a\0${canary}`, "\ud800", `${canary}\udc00`, "\udc00\ud800"];

/** The text that was found on the wire to break programs, with lengths up to a megabyte. */
export const hostileText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...readCorpus()) },
  { weight: 4, arbitrary: fc.constantFrom(...invisible, ...markup, ...syntax, ...lines, ...numbers) },
  { weight: 2, arbitrary: fc.constantFrom(...unstorable) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(200, 201, 10_000, 10_001, 300_000, 1_048_576).map(textOf) },
);

/** Names that an object, a parser of forms or a page might take for something else. */
export const hostileName = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "prototype", "toString", "then", "length", "hasOwnProperty"),
  fc.constantFrom("", " ", "a.b", "a[b]", "a[]", "x\0y", "\ud800", "名前", "subject", "n".repeat(101)),
  fc.constantFrom(...markup, ...syntax, ...lines),
);

function textOf(length: number): string {
  return canary.repeat(length / canary.length + 1).slice(0, length);
}

/** The Big List of Naughty Strings (MIT); without it the other texts remain. */
function readCorpus(): string[] {
  if (existsSync(corpus)) return JSON.parse(readFileSync(corpus, "utf8"));
  const reason = "the Big List of Naughty Strings is not beside the repository";
  console.error(`skipped in part: ${reason}`);
  return markup;
}
