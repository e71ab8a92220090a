import type { Config } from "#/kernel/config";
import { AppError } from "#/kernel/errors";
import { wantsPage } from "#/kernel/http";
import { newNonce, pagePolicy } from "#/kernel/pages";
import { chooseLanguage, formVary } from "../intake/negotiate";
import { problemCode, renderProblemPage } from "./render-answer";

/**
 * The page of a form that cannot be shown or posted to, such as one that was deleted. Whatever is not for a person is
 * thrown on, for the voice of the path; so is 404, which has a page for every address.
 */
export function refuseForm(
  { FORMS_OWNER_ADDRESS }: Pick<Config, "FORMS_OWNER_ADDRESS">,
  { headers }: Request,
  refusal: unknown,
): Response {
  if (!(refusal instanceof AppError) || refusal.status === 404 || !wantsPage(headers)) throw refusal;
  const nonce = newNonce();
  const html = renderProblemPage({
    code: problemCode(refusal.code),
    language: chooseLanguage(undefined, headers.get("accept-language"), undefined),
    nonce,
    ownerAddress: FORMS_OWNER_ADDRESS,
  });
  return new Response(html, {
    status: refusal.status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy(nonce),
      "cache-control": "no-store",
      vary: formVary,
      ...(refusal.retryAfter !== undefined && { "retry-after": String(Math.ceil(refusal.retryAfter)) }),
    },
  });
}
