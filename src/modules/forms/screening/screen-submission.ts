import type { Reason, SubmissionState } from "../tables";
import type { JudgedState, Signal } from "./signal";

export type Verdict = { state: Exclude<SubmissionState, "received">; score: number; reasons: Reason[] };

const usual = { held: 50, spam: 80 };
const severity: readonly JudgedState[] = ["inbox", "held", "spam"];

/**
 * Adds up what speaks for and against a message; it was stored and answered before anybody judged it. Every signal is
 * kept with its points, so that the team can see why. Score 0 to 100; `thresholds` are the form's own.
 */
export function screenSubmission(
  signals: readonly Signal[],
  thresholds = usual,
): Verdict & { state: JudgedState } {
  const reasons = signals.flatMap((signal) => signal.reasons);
  const sum = reasons.reduce((total, { points }) => total + points, 0);
  const score = Math.min(100, Math.max(0, sum));
  const byScore = score >= thresholds.spam ? "spam" : score >= thresholds.held ? "held" : "inbox";
  const demanded = [byScore, ...signals.flatMap(({ atLeast = [] }) => atLeast)] as JudgedState[];
  const worst = severity.findLast((state) => demanded.includes(state)) ?? byScore;
  const decided = signals.find((signal) => signal.decided)?.decided;
  return { state: decided ?? worst, score, reasons };
}
