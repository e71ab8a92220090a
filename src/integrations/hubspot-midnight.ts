const dayMs = 24 * 60 * 60_000;

/**
 * The next midnight of a time zone (IANA name), at which a daily limit of HubSpot ends. Where the clocks are changed at
 * midnight itself, the first moment of the next day.
 */
export function nextMidnight(timeZone: string, after: Date): Date {
  const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  const today = dayOf.format(after);
  // No day is longer than 25 hours.
  let [early, late] = [after.getTime(), after.getTime() + dayMs + 2 * 60 * 60_000];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (dayOf.format(middle) === today) early = middle;
    else late = middle;
  }
  return new Date(late);
}
