import { captchaProviders } from "../captcha";
import type { Verdict } from "../probes";
import type { Inspection } from "./load-config";
import type { Settings } from "./settings";

const fine = (detail: string): Verdict => ({ ok: true, detail });
const warn = (detail: string): Verdict => ({ ok: true, warning: true, detail });

/** Where vendors are called. */
const vendorAddresses = [
  "SENDGRID_BASE_URL",
  "HUBSPOT_BASE_URL",
  "SLACK_WEBHOOK_URL",
  "RECAPTCHA_VERIFY_URL",
  "HCAPTCHA_VERIFY_URL",
  "TURNSTILE_VERIFY_URL",
] as const;

const captchaSecrets = {
  recaptcha: "RECAPTCHA_SECRET_KEY",
  hcaptcha: "HCAPTCHA_SECRET_KEY",
  turnstile: "TURNSTILE_SECRET_KEY",
} as const;

/** What the settings tell of captcha and chat, and of the way to all vendors; no value of an address is shown. */
export const outgoingProbes = ({
  mode,
  reading: { values },
}: Pick<Inspection, "mode" | "reading">): Record<string, () => Verdict> => ({
  captcha: () => judgeCaptcha(values),
  chat: () =>
    values.SLACK_WEBHOOK_URL
      ? fine("SLACK_WEBHOOK_URL is set: alerts, and messages of forms that name it")
      : fine("SLACK_WEBHOOK_URL is not set: alerts go by mail and to the log"),
  "vendor addresses": () => {
    const open = vendorAddresses.filter((name) => values[name]?.startsWith("http:"));
    if (open.length === 0) return fine("all https");
    return (mode === "production" ? warn : fine)(`not https, keys are sent in the clear: ${open.join(", ")}`);
  },
});

function judgeCaptcha(values: Partial<Settings>): Verdict {
  const configured = captchaProviders.filter((provider) => values[captchaSecrets[provider]] !== undefined);
  return fine(
    configured.length > 0
      ? `${configured.join(", ")}, beside the built-in check`
      : "no provider has a secret: only the built-in check",
  );
}
