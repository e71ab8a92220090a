import type { IntakeFacts, Reason, SubmissionState } from "../tables";

export type Verdict = { state: Exclude<SubmissionState, "received">; score: number; reasons: Reason[] };

const HELD = 50;
const SPAM = 80;

/**
 * Adds up what speaks against a message; it was stored and answered before anybody judged it.
 * Every signal is kept with its points, so that the team can see why. Score 0 to 100.
 */
export function screenSubmission({ intake }: { intake: IntakeFacts | null }, learned?: Reason): Verdict {
  const reasons: Reason[] = learned ? [learned] : [];
  if (intake?.honeypot) {
    const code = `honeypot:${intake.honeypot}`;
    reasons.push({ code, points: 100, text: "A field that people cannot see was filled in" });
  }
  if (intake?.originUnknown) {
    reasons.push({
      code: "origin_unknown",
      points: 5,
      text: "The browser did not say which page it posted from",
    });
  }
  const sum = reasons.reduce((sum, { points }) => sum + points, 0);
  const score = Math.max(0, Math.min(100, sum));
  return { state: score >= SPAM ? "spam" : score >= HELD ? "held" : "inbox", score, reasons };
}
