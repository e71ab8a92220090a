import { readWeights } from "#/kernel/http";
import { isSpoken, type Language } from "../pages/languages";

/** `Vary` of every answer of a form: what the choice between page and JSON, and CORS, depend on. */
export const formVary = "Origin, Accept, X-Requested-With, Sec-Fetch-Mode";

/**
 * The language of messages, pages and mails: the field `_language`, else `Accept-Language`, else the form's,
 * else English; the first that is spoken here. `de-AT` counts as `de`.
 */
export function chooseLanguage(
  asked: string | undefined,
  acceptLanguage: string | null,
  formLanguage: string | undefined,
): Language {
  const wishes = acceptLanguage ? [...readWeights(acceptLanguage)].filter(([, q]) => q > 0) : [];
  wishes.sort(([, one], [, other]) => other - one);
  for (const tag of [asked, ...wishes.map(([name]) => name), formLanguage]) {
    const language = tag?.split("-", 1)[0]?.toLowerCase() ?? "";
    if (isSpoken(language)) return language;
  }
  return "en";
}
