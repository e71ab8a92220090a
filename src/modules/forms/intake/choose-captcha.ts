import type { CaptchaProvider } from "#/kernel/captcha";
import type { CaptchaChoice } from "../catalogue/form-definition";
import type { CaptchaField, Control } from "./read-post";

/** Who can say whether an answer is a person's: a provider, or we ourselves. */
export type CaptchaJudge = CaptchaProvider | "altcha";

const judges: Readonly<Record<CaptchaField, CaptchaJudge>> = {
  "cf-turnstile-response": "turnstile",
  "h-captcha-response": "hcaptcha",
  altcha: "altcha",
  "g-recaptcha-response": "recaptcha",
  recaptcha_response: "recaptcha",
};

/** Who judges an answer that came in this field; undefined for a field that no release of ours has stored. */
export const captchaJudgeOf = (field: string): CaptchaJudge | undefined => judges[field as CaptchaField];

/** Who judges the answers of a form that asks for them. */
export const wantedJudge = ({ provider }: CaptchaChoice): CaptchaJudge =>
  provider === "recaptcha_v2" || provider === "recaptcha_v3" ? "recaptcha" : provider;

/**
 * The one answer to judge. A form that has a captcha takes its own alone; any other takes what somebody can be asked
 * about. hCaptcha fills in reCAPTCHA's field too, so reCAPTCHA's come last.
 */
export function chooseCaptcha(
  wanted: CaptchaChoice | undefined,
  answers: Control["captcha"],
  configured: ReadonlySet<CaptchaProvider>,
): { field: CaptchaField; answer: string } | undefined {
  if (!answers) return undefined;
  for (const [field, answer] of answers) {
    const judge = judges[field];
    const isTaken = wanted ? judge === wantedJudge(wanted) : judge === "altcha" || configured.has(judge);
    if (isTaken) return { field, answer };
  }
  return undefined;
}
