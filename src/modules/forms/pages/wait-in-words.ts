import type { Language } from "./languages";

/** "42 seconds", "3 minutes": how long to wait, rounded up so that nobody comes back too early. */
export function waitInWords(seconds: number, language: Language): string {
  const [amount, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [seconds / 60, "minute"]
        : [seconds / 3600, "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.ceil(amount),
  );
}
