import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { CaptchaProvider, CaptchaVerdict } from "#/kernel/captcha";

/** What the three have in common. hCaptcha's `score` is left out: there 1 is the robot (Enterprise). */
const Answer = Type.Object({
  success: Type.Boolean(),
  "error-codes": Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
  score: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  action: Type.Optional(Type.String()),
  hostname: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

/**
 * Errors that say something of our account or of the provider, and nothing of the visitor. Not among them is hCaptcha's
 * `sitekey-secret-mismatch`: whoever solves a puzzle on a site of their own can bring it about.
 */
const notTheVisitors: ReadonlySet<string> = new Set([
  "missing-input-secret",
  "invalid-input-secret",
  "invalid-keys",
  "bad-request",
  "internal-error",
]);

/** At most so many of the provider's errors are kept, and only words. */
const mostErrors = 8;

/** The verdict in a provider's JSON; `bad_answer` where it is something else. */
export function readCaptchaAnswer(provider: CaptchaProvider, json: unknown): CaptchaVerdict {
  if (!Value.Check(Answer, json)) return { kind: "unavailable", code: "bad_answer" };
  const { success, score, action, hostname } = json;
  const errors = errorsOf(json);
  const ours = success ? undefined : errors.find((error) => notTheVisitors.has(error));
  if (ours) return { kind: "unavailable", code: ours };
  return {
    kind: "judged",
    passed: success,
    ...(provider === "recaptcha" && score !== undefined && { score }),
    ...(action && { action }),
    ...(hostname && { hostname }),
    errors,
  };
}

const errorsOf = ({ "error-codes": codes }: Static<typeof Answer>): string[] =>
  (codes ?? []).filter((code) => /^[\w-]{1,60}$/.test(code)).slice(0, mostErrors);
