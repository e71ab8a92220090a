/** How often a feature, or all of them, stood in what the team called spam and in what it wanted. */
export type Counts = { spam: number; ham: number };

/** Of each kind, before the model speaks. */
const LESSONS_NEEDED = 20;
/** As many lessons a feature is taken to have had, half of each kind, before it had any (Robinson 2003). */
const PRIOR_LESSONS = 1;
/** Features that decide, the strongest ones: a long text is no stronger evidence than a short one. */
const STRONGEST = 30;
/** Below it (three to two) a feature says nothing. */
const LEAST_WEIGHT = Math.log(1.5);
/** Of a message's score for each unit of log odds: the bound is reached at five, some 150 to 1. */
const POINTS_PER_UNIT = 8;
const MOST_POINTS = 40;
/** From this percentage on the model is said to have called a message spam. */
const CALLS_SPAM = 95;

export const speaks = ({ spam, ham }: Counts): boolean => spam >= LESSONS_NEEDED && ham >= LESSONS_NEEDED;
export const callsSpam = (percent: number): boolean => percent >= CALLS_SPAM;

/**
 * How much a feature speaks for spam: its log odds (natural logarithm), negative where it speaks for a wanted message.
 * The two kinds count alike, however many lessons each has; of few lessons little is believed
 * (G. Robinson, "A Statistical Approach to the Spam Problem", 2003).
 */
export function weightOf(feature: Counts, lessons: Counts): number {
  const [spam, ham] = [feature.spam / lessons.spam, feature.ham / lessons.ham];
  const seen = feature.spam + feature.ham;
  if (seen === 0) return 0;
  const share = (PRIOR_LESSONS / 2 + (seen * spam) / (spam + ham)) / (PRIOR_LESSONS + seen);
  return Math.log(share / (1 - share));
}

/** The log odds that a message with these features is spam, both kinds being as likely beforehand (naive Bayes). */
export function logOddsOf(features: readonly Counts[], lessons: Counts): number {
  return features
    .map((feature) => weightOf(feature, lessons))
    .filter((weight) => Math.abs(weight) >= LEAST_WEIGHT)
    .toSorted((one, other) => Math.abs(other) - Math.abs(one))
    .slice(0, STRONGEST)
    .reduce((sum, weight) => sum + weight, 0);
}

/** As points of a message's score, -40 to 40. */
export const toPoints = (logOdds: number): number =>
  Math.max(-MOST_POINTS, Math.min(MOST_POINTS, Math.round(logOdds * POINTS_PER_UNIT)));

/** How likely a message with these features is spam, in percent; null where the model has too few lessons to speak. */
export const foretell = (features: readonly Counts[], lessons: Counts): number | null =>
  speaks(lessons) ? Math.round(100 / (1 + Math.exp(-logOddsOf(features, lessons)))) : null;
