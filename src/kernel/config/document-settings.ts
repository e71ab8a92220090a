import { factsOf, type SettingName, settingNames } from "./settings";

const later = "Read and checked, used from a later release: nothing here acts yet";

/** The text of `.env.example`: every setting with its default, all of it commented out. */
export function envExample(): string {
  const head = [
    "Every variable that Gatehouse reads; each line shows the default. An empty value counts as unset.",
    "Any of them may come as NAME_FILE (the path of a file that holds the value) or as a systemd credential NAME.",
    "Write a dollar sign inside a value as \\$.",
  ];
  const entry = (name: SettingName) => {
    const { description, default: fallback = "" } = factsOf(name);
    return `# ${description}\n# ${name}=${fallback}\n`;
  };
  return [
    `${head.map((line) => `# ${line}`).join("\n")}\n`,
    ...namesWhere(false).map(entry),
    `# ${later}.\n`,
    ...namesWhere(true).map(entry),
  ].join("\n");
}

/** The settings as Markdown, for the README between `<!-- settings -->` and `<!-- /settings -->`. */
export function settingsTable(): string {
  const row = (name: SettingName) => {
    const { description, default: fallback } = factsOf(name);
    return `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ""} | ${description.replaceAll("|", "\\|")} |`;
  };
  const table = (names: readonly SettingName[]) =>
    ["| setting | default | |", "|---|---|---|", ...names.map(row)].join("\n");
  return `${table(namesWhere(false))}\n\n${later}:\n\n${table(namesWhere(true))}\n`;
}

const namesWhere = (isLater: boolean) =>
  settingNames.filter((name) => (factsOf(name).later === true) === isLater);
