import type { Config } from "#/kernel/config";
import type { AppError } from "#/kernel/errors";
import { contextOf, originAllowed, plain, problem, sayableName, toRefusal } from "#/kernel/http";
import { newNonce, pagePolicy } from "#/kernel/pages";
import { rateHeaders } from "#/kernel/rate-limit";
import { originsOf } from "../catalogue/form-origins";
import { problemCode, renderProblemPage } from "../pages/render-answer";
import { type Notice, renderFormPage } from "../pages/render-page";
import { FASTEST_SECONDS, type PageTokens } from "../screening/page-token";
import { chooseNext } from "./choose-next";
import type { Receipt } from "./intake-queue";
import { formVary } from "./negotiate";
import type { createPageOrigins } from "./page-origin";
import { allRequired, speaksProblem } from "./refuse-fields";
import { newPageId } from "./retry-identifier";
import type { Visit } from "./visit";

type Needs = { config: Config; origins: ReturnType<typeof createPageOrigins>; tokens: PageTokens };

/** What existing sites compare byte for byte. */
const received = { status: "ok", message: "Form received" };

/**
 * The documented success: 303 for a visitor's browser, JSON for a program, with the `members` that the form adds. Spam
 * is answered just the same.
 */
export function answerStored(
  { config }: Needs,
  visit: Visit,
  { id, replayed }: Receipt,
  members: object = {},
): Response {
  const next = nextPlace(config, visit);
  const headers = commonHeaders(visit);
  if (replayed) headers.set("idempotency-replayed", "true");
  if (visit.page) {
    const slug = visit.form.definition.slug;
    headers.set("location", next ?? `/f/${slug}/thanks?lang=${visit.language}`);
    return new Response(null, { status: 303, headers });
  }
  const body =
    visit.door === "/api/contact" ? received : { ...received, ok: true, id, next: next ?? null, ...members };
  headers.set("content-type", plain.mediaType);
  return new Response(JSON.stringify(body), { headers });
}

/** The refusal as a page that keeps what was typed, or in the voice of the door. */
export function answerRefused(needs: Needs, visit: Visit, refusal: AppError): Response {
  const headers = commonHeaders(visit);
  if (refusal.retryAfter !== undefined) headers.set("retry-after", String(Math.ceil(refusal.retryAfter)));
  const voice = speaksProblem(visit.door) ? problem : plain;
  const { status, body } = voice.word({
    ...toRefusal(refusal),
    errors: refusal.errors?.map((error) => ({ ...error, field: nameInJson(visit, error.field) })),
    requestId: contextOf(visit.request).id,
  });
  if (visit.page) return answerPage(needs, visit, refusal, { status, headers });

  headers.set("content-type", voice.mediaType);
  // Compared byte for byte by existing sites: the sentence, and no other member.
  const exact = visit.door === "/api/contact" && refusal.message === allRequired;
  return new Response(JSON.stringify(exact ? { error: allRequired } : body), { status, headers });
}

/** A page links to the field under the very name that was sent; JSON repeats none that is not the form's own. */
const nameInJson = ({ form }: Visit, name: string) => (form.declares(name) ? name : sayableName(name));

function answerPage(
  { config, origins, tokens }: Needs,
  visit: Visit,
  refusal: AppError,
  { status, headers }: { status: number; headers: Headers },
): Response {
  const { form, door, language, posted, origin } = visit;
  const nonce = newNonce();
  const ownerAddress = config.FORMS_OWNER_ADDRESS;
  const notice = noticeOf(refusal);
  headers.set("content-type", "text/html; charset=utf-8");
  headers.set("content-security-policy", pagePolicy(nonce, nextOrigins(config, visit)));
  const html =
    posted && notice
      ? renderFormPage({
          form,
          door,
          language,
          nonce,
          id: (refusal.status >= 500 ? visit.pageId?.() : undefined) ?? newPageId(),
          token: keepToken(tokens, form.definition.slug, posted.control.pageToken),
          posted,
          notice,
          ownerAddress,
          site: origin,
          ...(origin && { from: origins.seal(origin) }),
        })
      : renderProblemPage({ code: problemCode(refusal.code), language, nonce, ownerAddress, site: origin });
  return new Response(html, { status, headers });
}

/** The one that came while it is good. A new one is no clock: whoever is shown this page has written already. */
function keepToken(tokens: PageTokens, form: string, sent: string | undefined): string {
  const said = tokens.read(sent, form);
  return sent !== undefined && typeof said === "object" ? sent : tokens.issue(form, FASTEST_SECONDS);
}

/** Why the form is shown again; undefined where sending it again would not help. */
function noticeOf({ status, errors, retryAfter, code }: AppError): Notice | undefined {
  if (errors) return { kind: "errors", errors };
  if (status === 429) return { kind: "rate_limited", retryAfter: retryAfter ?? 60 };
  if (status >= 500) return { kind: "unavailable", retryAfter: retryAfter ?? 60 };
  if (code === "captcha_required") return { kind: "captcha_required" };
  return code === "form_closed" ? { kind: "closed" } : undefined;
}

function commonHeaders({ rate }: Visit): Headers {
  const headers = new Headers({ vary: formVary, "cache-control": "no-store" });
  const limits = rate ? Object.entries(rateHeaders(rate.verdict, rate.rule)) : [];
  for (const [name, value] of limits) headers.set(name, value);
  return headers;
}

function nextPlace(config: Config, { form, posted, origin }: Visit): string | undefined {
  const { open, allowed } = originsOf(config, form.definition);
  const places = {
    publicUrl: config.PUBLIC_URL,
    isListed: open ? undefined : (one: string) => originAllowed(one, allowed, config.PUBLIC_URL),
    postedFrom: origin,
  };
  return chooseNext(posted?.control.next, places) ?? form.definition.next;
}

/** Chromium holds the redirect after a post to `form-action`, so the page names where success may lead. */
function nextOrigins(config: Config, visit: Visit): string[] {
  const next = nextPlace(config, visit);
  const origin = next && URL.parse(next)?.origin;
  return origin ? [origin] : [];
}
