import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { isPlaceholder } from "./sample-values";
import { factsOf, type SettingName, type Settings, settingNames, settings } from "./settings";

/** Where a value came from; `unset` has none. */
export type Source = "unset" | "default" | "environment" | "file" | "credential";

/** A wrong setting and what is wrong with it; never its value. */
export type Problem = { name: string; problem: string };

export type Environment = Record<string, string | undefined>;

/** What was found. Wrong settings are absent from `values` and named in `problems`. */
export type Reading = {
  values: Settings;
  /** As written, for showing; of a secret only its length is told (`sizes`). */
  texts: Readonly<Partial<Record<SettingName, string>>>;
  /** Bytes of each secret that is set. */
  sizes: Readonly<Partial<Record<SettingName, number>>>;
  sources: Readonly<Record<SettingName, Source>>;
  /** Vendor settings that hold a sample value and count as not set. */
  placeholders: readonly SettingName[];
  problems: readonly Problem[];
};

type Found = { source: Source; text: string };

const fileLimit = 65_536;

/**
 * Reads every known setting from the environment, from `NAME_FILE` and from the systemd credentials
 * (`CREDENTIALS_DIRECTORY`, systemd.exec(5)). An empty value counts as unset. Changes nothing.
 */
export function readSettings(env: Environment): Reading {
  const problems: Problem[] = [];
  const placeholders: SettingName[] = [];
  const values: Record<string, unknown> = {};
  const texts: Partial<Record<SettingName, string>> = {};
  const sizes: Partial<Record<SettingName, number>> = {};
  const sources = Object.fromEntries(settingNames.map((name) => [name, "unset"])) as Record<
    SettingName,
    Source
  >;

  for (const name of settingNames) {
    const facts = factsOf(name);
    const report = (problem: string, of: string = name) => problems.push({ name: of, problem });
    const found = findText(env, name, facts.default, report);
    if (!found) continue;
    sources[name] = found.source;
    if (facts.secret) sizes[name] = Buffer.byteLength(found.text);
    else texts[name] = found.text;
    if (facts.vendor && isPlaceholder(found.text)) {
      placeholders.push(name);
      continue;
    }
    try {
      values[name] = Value.Decode(settings.properties[name], found.text);
    } catch {
      report(`must be ${facts.must}`);
    }
  }
  return { values: values as Settings, texts, sizes, sources, placeholders, problems };
}

function findText(
  env: Environment,
  name: SettingName,
  fallback: string | undefined,
  report: (problem: string, of?: string) => void,
): Found | undefined {
  const found: Found[] = [];
  const add = (source: Source, text: string | undefined) => {
    if (text?.trim()) found.push({ source, text: text.trim() });
  };
  add("environment", env[name]);
  const file = env[`${name}_FILE`]?.trim();
  if (file) {
    const read = readText(file);
    if ("text" in read && read.text.trim()) add("file", read.text);
    else report("problem" in read ? read.problem : "must name a file that is not empty", `${name}_FILE`);
  }
  if (env.CREDENTIALS_DIRECTORY) {
    const read = readText(join(env.CREDENTIALS_DIRECTORY, name));
    if ("text" in read) add("credential", read.text);
    else if (!read.absent) report(`as a credential ${read.problem}`);
  }
  if (found.length > 1) report(`is set twice: ${found.map(({ source }) => source).join(" and ")}; keep one`);
  if (found[0] || fallback === undefined) return found[0];
  return { source: fallback === "" ? "unset" : "default", text: fallback };
}

/** A regular file of at most 64 KB: a pipe or a device could hold the start up for ever. */
function readText(path: string): { text: string } | { problem: string; absent: boolean } {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > fileLimit) {
      return { problem: "must name a regular file of at most 64 KB", absent: false };
    }
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    return { problem: `must name a readable file (${code})`, absent: code === "ENOENT" };
  }
}
