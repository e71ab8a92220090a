import type { Config } from "#/kernel/config";
import { deriveKey, randomToken, sign, verify } from "#/kernel/crypto";
import type { IntakeFacts } from "../tables";

/** Seconds for which a token is good. */
export const PAGE_TOKEN_SECONDS = 86_400;
/** Nobody reads a form, fills it in and sends it in less; in seconds. */
export const FASTEST_SECONDS = 3;

export type PageTokens = ReturnType<typeof createPageTokens>;

/**
 * Page tokens: they say when a form was shown, so that a post in no time is seen, and how often one page was sent.
 * `base64url(<form> <second of issue> <nonce>).<HMAC-SHA256>`; a form's own, and worth nothing to another one.
 */
export function createPageTokens({ rootSecret }: Pick<Config, "rootSecret">, now: () => Date) {
  const key = deriveKey(rootSecret, "forms.page-token");
  const seconds = () => Math.floor(now().getTime() / 1000);
  return {
    /** `ageSeconds`: how long the visitor has had the form already. */
    issue(form: string, ageSeconds = 0): string {
      const text = `${form} ${seconds() - ageSeconds} ${randomToken(12)}`;
      const encoded = Buffer.from(text).toString("base64url");
      return `${encoded}.${sign(key, encoded)}`;
    },
    /** What a token says of this form; undefined where none came. */
    read(token: string | undefined, form: string): IntakeFacts["pageToken"] {
      if (token === undefined) return undefined;
      const [encoded = "", signature = "", ...more] = token.split(".");
      if (more.length > 0 || !verify(key, encoded, signature)) return "invalid";
      const [issuedFor, issued, nonce = ""] = Buffer.from(encoded, "base64url").toString().split(" ");
      if (issuedFor !== form) return "invalid";
      const ageSeconds = seconds() - Number(issued);
      return ageSeconds > PAGE_TOKEN_SECONDS ? "expired" : { nonce, ageSeconds };
    },
  };
}
