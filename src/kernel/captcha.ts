export const captchaProviders = ["recaptcha", "hcaptcha", "turnstile"] as const;
export type CaptchaProvider = (typeof captchaProviders)[number];

export type CaptchaQuestion = {
  provider: CaptchaProvider;
  /** What the widget gave the visitor's browser. */
  answer: string;
  /** The visitor's address, where it is known. */
  client: string | undefined;
  /** Stable over repetitions, where the provider takes a key. */
  key: string;
};

export type CaptchaVerdict =
  | {
      kind: "judged";
      passed: boolean;
      /** 0 to 1, of reCAPTCHA v3. */
      score?: number;
      action?: string;
      /** The site that the widget stood on. */
      hostname?: string;
      errors: readonly string[];
    }
  /** The provider is away, slow, or does not know our secret: not the visitor's fault. */
  | { kind: "unavailable"; code: string };

/** Providers that tell people from robots. Asked by the judge, never while a visitor waits. */
export type Captcha = {
  /** Those with a secret. */
  configured: ReadonlySet<CaptchaProvider>;
  siteKeyOf(provider: CaptchaProvider): string | undefined;
  verify(question: CaptchaQuestion): Promise<CaptchaVerdict>;
};

export const noCaptcha: Captcha = {
  configured: new Set(),
  siteKeyOf: () => undefined,
  verify: async () => ({ kind: "unavailable", code: "not_configured" }),
};
