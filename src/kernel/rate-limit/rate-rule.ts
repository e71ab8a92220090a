/** `points` in `seconds`, e.g. `10/60s`. A rule with `points` 0 is off. The name holds no colon. */
export type RateRule = {
  name: string;
  points: number;
  seconds: number;
  /** False where a client cannot be told apart (an unknown proxy): the wait never grows beyond the window. */
  doubling?: boolean;
};

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Reads `10/60s`, `20/1h` or `off` (a rule with 0 points); undefined when it is none of these. */
export function parseRateRule(name: string, text: string): RateRule | undefined {
  if (text.trim() === "off") return { name, points: 0, seconds: 1 };
  const [, points, count, unit = ""] =
    /^\s*([1-9]\d{0,6})\s*\/\s*([1-9]\d{0,5})?\s*([smhd])\s*$/.exec(text) ?? [];
  if (points === undefined) return;
  return { name, points: Number(points), seconds: Number(count ?? 1) * (units[unit] as number) };
}
