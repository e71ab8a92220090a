import type { Config } from "#/kernel/config";
import { newNonce, pagePolicy } from "#/kernel/pages";
import type { CompiledForm } from "../catalogue/compile-form";
import { isOpen } from "../catalogue/form-definition";
import { chooseLanguage } from "../intake/negotiate";
import { newPageId } from "../intake/retry-identifier";
import { createPageTokens } from "../screening/page-token";
import { renderThanksPage } from "./render-answer";
import { renderFormPage } from "./render-page";

type Needs = Pick<Config, "FORMS_OWNER_ADDRESS" | "PUBLIC_URL" | "allowedOrigins">;

/**
 * The form on a page of ours, for a site that has no page of its own. `friend`: a referral token that is sent along;
 * the route has checked its shape.
 */
export function showForm(
  { config, now }: { config: Needs & Pick<Config, "rootSecret">; now: () => Date },
  form: CompiledForm,
  { headers }: Request,
  friend?: string,
): Response {
  const nonce = newNonce();
  const html = renderFormPage({
    form,
    door: `/f/${form.definition.slug}`,
    language: chooseLanguage(undefined, headers.get("accept-language"), form.definition.language),
    nonce,
    id: newPageId(),
    token: createPageTokens(config, now).issue(form.definition.slug),
    ownerAddress: config.FORMS_OWNER_ADDRESS,
    ...(friend !== undefined && { given: { referral_token: friend } }),
    ...(!isOpen(form.definition, now()) && { notice: { kind: "closed" } as const }),
  });
  return asPage(html, nonce);
}

/** Where a browser lands after sending. `language` is one of ours or ignored, so nothing is reflected. */
export function showThanks(
  config: Needs,
  { definition }: CompiledForm,
  { headers }: Request,
  language: string | undefined,
): Response {
  const nonce = newNonce();
  const html = renderThanksPage({
    language: chooseLanguage(language, headers.get("accept-language"), definition.language),
    nonce,
    site:
      definition.next ?? config.allowedOrigins.find((origin) => !origin.includes("*")) ?? config.PUBLIC_URL,
  });
  return asPage(html, nonce);
}

const asPage = (html: string, nonce: string): Response =>
  new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": pagePolicy(nonce),
      "cache-control": "no-store",
    },
  });
