import { isStorableText } from "#/kernel/http";
import { type Broken, readText, type StoredValue } from "./field-kinds";
import { isBlank, isLongerThan } from "./field-rules";
import type { FormDefinition } from "./form-definition";

/** Stands for the body as a whole where a field cannot be named safely. */
export const wholeBody = "*";

const refusedNames = new Set(["__proto__", "constructor", "prototype"]);
const badName: Broken = { broken: "invalid_name", bound: 0 };
const badText: Broken = { broken: "invalid_text", bound: 0 };
const notText: Broken = { broken: "not_text", bound: 0 };
const unexpected: Broken = { broken: "unexpected", bound: 0 };

/** 1 to 100 characters, none of them a control character, and no name that an object treats specially. */
export function isFieldName(name: string): boolean {
  if (name === "" || refusedNames.has(name) || isLongerThan(name, 100) || !isStorableText(name)) return false;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  }
  return true;
}

/**
 * Takes what the form does not declare, by the form's own rule (`keep`, `drop`, `refuse`), into `fields`.
 * Names are taken in alphabetical order, so that the same content gives the same JSON however it was sent.
 * Returns the rule that a field breaks, by name; undefined when all is well.
 */
export function takeUnlisted(
  { unlisted }: Pick<FormDefinition, "unlisted">,
  posted: ReadonlyMap<string, unknown>,
  isDeclared: (name: string) => boolean,
  fields: Record<string, StoredValue>,
): Map<string, Broken> | undefined {
  if (unlisted === "drop") return undefined;
  let problems: Map<string, Broken> | undefined;
  const report = (name: string, problem: Broken) => {
    problems ??= new Map();
    problems.set(name, problem);
  };
  for (const name of [...posted.keys()].filter((key) => !isDeclared(key)).sort()) {
    if (!isFieldName(name)) {
      report(wholeBody, badName);
      continue;
    }
    const value = readUnlisted(posted.get(name));
    if (value === undefined) continue;
    if (unlisted === "refuse") report(name, unexpected);
    else if (typeof value === "object" && "broken" in value) report(name, value);
    else fields[name] = value;
  }
  return problems;
}

function readUnlisted(raw: unknown): string | string[] | Broken | undefined {
  if (!Array.isArray(raw)) return readOne(raw);
  const texts: string[] = [];
  for (const one of raw) {
    const text = Array.isArray(one) ? notText : (readOne(one) ?? blankAsSent(one));
    if (typeof text === "object") return text;
    texts.push(text);
  }
  return texts.every(isBlank) ? undefined : texts;
}

/** Blank entries of a list stay: the third of several rows must not become the second. */
const blankAsSent = (raw: unknown) => (typeof raw === "string" ? raw : "");

function readOne(raw: unknown): string | Broken | undefined {
  // A number that a double cannot hold has already lost digits in the parser: better refused than altered.
  if (typeof raw === "number") return Math.abs(raw) <= Number.MAX_SAFE_INTEGER ? String(raw) : notText;
  const text = readText(typeof raw === "boolean" ? String(raw) : raw);
  return typeof text === "string" && !isStorableText(text) ? badText : text;
}
