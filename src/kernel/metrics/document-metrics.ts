import { catalogue, type Definition } from "./catalogue";

/** The metrics as Markdown, for the README between `<!-- metrics -->` and `<!-- /metrics -->`. */
export function metricsTable(): string {
  const row = ([name, { type, labels, help }]: [string, Definition]) => {
    const braces = labels.length > 0 ? `{${labels.join(",")}}` : "";
    return `| \`${name}${braces}\` | ${type} | ${help} |`;
  };
  const rows = Object.entries<Definition>(catalogue).map(row);
  return `${["| metric | | |", "|---|---|---|", ...rows].join("\n")}\n`;
}
