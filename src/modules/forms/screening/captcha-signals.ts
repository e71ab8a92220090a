import type { CaptchaVerdict } from "#/kernel/captcha";
import type { Config } from "#/kernel/config";
import type { CaptchaChoice } from "../catalogue/form-definition";
import type { Reason } from "../tables";
import type { Signal } from "./signal";

/** An answer that was judged: by a provider, or by us (ALTCHA). */
export type CaptchaFinding = {
  verdict: CaptchaVerdict;
  /** It came by a page of ours, which cannot ask for a new one. */
  carried: boolean;
  /** Ours: worth a little less, since a machine may solve it, too. */
  own: boolean;
};

type Circumstances = {
  choice: CaptchaChoice | undefined;
  down: Config["FORMS_CAPTCHA_DOWN"];
  /** Whether the widget may stand on a page of this host. */
  hostAllowed: (host: string) => boolean;
};

const MIN_SCORE = 0.5;

/** The provider's words for an answer that was good once, or too late. */
const spentErrors = [
  "timeout-or-duplicate",
  "already-seen-response",
  "invalid-or-already-seen-response",
  "expired-input-response",
  "expired",
  "replayed",
];

const missing: Reason = {
  code: "captcha_missing",
  points: 40,
  text: "The form has a captcha and none was solved",
};

/** What the captcha says; undefined as the finding where no answer came. */
export function captchaSignal(finding: CaptchaFinding | undefined, about: Circumstances): Signal {
  const { choice, down, hostAllowed } = about;
  if (!finding) return { reasons: choice ? [missing] : [] };
  const { verdict, carried, own } = finding;
  if (verdict.kind === "unavailable") {
    const text = "The captcha could not be checked: its provider was away, or does not know our key";
    const reasons = [{ code: "captcha_unavailable", points: 10, text }];
    return down === "accept" ? { reasons } : { reasons, atLeast: down === "hold" ? "held" : "spam" };
  }
  if (!verdict.passed) {
    if (carried && isSpent(verdict)) return { reasons: choice ? [missing] : [] };
    return failed(wordOf(verdict.errors[0]), "The captcha was not solved, or its answer was used before");
  }
  if (verdict.hostname !== undefined && !hostAllowed(verdict.hostname))
    return failed("wrong_host", "The captcha was solved on a page of another site");
  if (verdict.score !== undefined && !(verdict.score >= (choice?.minScore ?? MIN_SCORE))) {
    const text = "The captcha takes the sender for a machine rather than a person";
    return { reasons: [{ code: `captcha_low:${verdict.score}`, points: 50, text }] };
  }
  const text = "The captcha was solved";
  return {
    reasons: [
      own ? { code: "altcha_passed", points: -15, text } : { code: "captcha_passed", points: -20, text },
    ],
  };
}

/** Whether an answer was refused only because it was used before, or is too old. */
export const isSpent = (verdict: CaptchaVerdict): boolean =>
  verdict.kind === "judged" && !verdict.passed && verdict.errors.some((error) => spentErrors.includes(error));

const failed = (error: string, text: string): Signal => ({
  reasons: [{ code: `captcha_failed:${error}`, points: 80, text }],
});

/** A provider's own word; anything that is none is left out, since reasons are shown and counted. */
const wordOf = (error: string | undefined): string =>
  error !== undefined && /^[a-z][a-z0-9_-]{0,49}$/.test(error) ? error : "refused";
