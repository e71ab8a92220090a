/** The value below which `percent` of them lie, rounded to tenths; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(Math.floor((sorted.length * percent) / 100), sorted.length - 1);
  return Math.round((sorted[at] ?? Number.NaN) * 10) / 10;
}
