import { createHash, createHmac, randomInt, timingSafeEqual } from "node:crypto";
import type { CaptchaVerdict } from "#/kernel/captcha";
import type { Config } from "#/kernel/config";
import { deriveKey, randomToken } from "#/kernel/crypto";

/** Seconds in which a challenge must be solved and sent. */
const CHALLENGE_SECONDS = 1200;
/** Numbers to try at most: 0.1 to 0.5 s in a browser, too much for whoever sends a million. */
const MAX_NUMBER = 100_000;

/** As the widget takes it (ALTCHA, proof of work v1). */
export type AltchaChallenge = {
  algorithm: "SHA-256";
  challenge: string;
  maxnumber: number;
  salt: string;
  signature: string;
};

/** What came of an answer; one that passed is named by its challenge and is good once, until it expires. */
export type AltchaVerdict = Extract<CaptchaVerdict, { kind: "judged" }> & {
  challenge?: string;
  expiresAt?: Date;
};

type Altcha = ReturnType<typeof createAltcha>;

/**
 * A captcha without a third party: the browser looks for the number under a hash. Nothing is kept of a challenge until it
 * is solved: the salt says for which form it is and until when, and the signature says that it is ours.
 */
export function createAltcha({ rootSecret }: Pick<Config, "rootSecret">) {
  const key = altchaKey({ rootSecret });
  const sign = (challenge: string) => createHmac("sha256", key).update(challenge).digest("hex");
  return {
    challenge(form: string, now: Date): AltchaChallenge {
      const expires = Math.floor(now.getTime() / 1000) + CHALLENGE_SECONDS;
      // Without the last `&` a digit of the number could be moved into the expiry.
      const salt = `${randomToken(12)}?${new URLSearchParams({ form, expires: String(expires) })}&`;
      const challenge = digestOf(salt + randomInt(MAX_NUMBER + 1));
      return { algorithm: "SHA-256", challenge, maxnumber: MAX_NUMBER, salt, signature: sign(challenge) };
    },
    /** Whether the answer of the widget solves a challenge of this form that was good when it was sent. */
    verify(answer: string, form: string, sentAt: Date): AltchaVerdict {
      const { challenge, number, salt, signature } = readAnswer(answer) ?? {};
      if (challenge === undefined || salt === undefined || !isNumber(number)) return failed("invalid");
      const isOurs = salt.endsWith("&") && isEqual(signature, sign(challenge));
      if (!isOurs || digestOf(salt + number) !== challenge) return failed("invalid");
      const said = new URLSearchParams(salt.slice(salt.indexOf("?") + 1));
      if (said.get("form") !== form) return failed("invalid");
      const expiresAt = new Date(Number(said.get("expires")) * 1000);
      if (expiresAt < sentAt) return failed("expired");
      return { kind: "judged", passed: true, errors: [], challenge, expiresAt };
    },
  };
}

/** As text, which is how every library of ALTCHA takes it. */
export const altchaKey = ({ rootSecret }: Pick<Config, "rootSecret">): string =>
  Buffer.from(deriveKey(rootSecret, "forms.altcha")).toString("hex");

const failed = (error: "invalid" | "expired"): AltchaVerdict => ({
  kind: "judged",
  passed: false,
  errors: [error],
});

type Answer = { challenge?: string; number?: unknown; salt?: string; signature?: string };

/** Base64 of JSON. Members of another type are left out. */
function readAnswer(answer: string): Answer | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(answer, "base64").toString());
    if (typeof read !== "object" || read === null) return undefined;
    const { algorithm, number, ...texts } = read as Record<string, unknown>;
    if (algorithm !== "SHA-256") return undefined;
    const text = (name: string) => (typeof texts[name] === "string" ? { [name]: texts[name] } : {});
    return { number, ...text("challenge"), ...text("salt"), ...text("signature") };
  } catch {
    return undefined;
  }
}

const isNumber = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_NUMBER;

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function isEqual(given: string | undefined, expected: string): boolean {
  const [one, other] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
