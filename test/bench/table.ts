/** One line of the result. `target` as DESIGN §7 has it, and whether it was reached. */
export type Line = { what: string; measured: string; detail?: string; target?: string; reached?: boolean };

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** `12,345 (11,900 to 12,800)`: the median and how far the rounds were apart. */
export function spread(values: readonly number[], digits = 0): string {
  const show = (value: number) => value.toLocaleString("en", { maximumFractionDigits: digits });
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length > 1 ? `${show(median(values))} (${show(low)} to ${show(high)})` : show(low);
}

export function toMarkdown(lines: readonly Line[]): string {
  const verdict = ({ target, reached }: Line) =>
    target === undefined ? "" : `${target}: ${reached ? "reached" : "**missed**"}`;
  return [
    "| what | measured | | target |",
    "|---|---|---|---|",
    ...lines.map((line) => `| ${line.what} | ${line.measured} | ${line.detail ?? ""} | ${verdict(line)} |`),
  ].join("\n");
}
