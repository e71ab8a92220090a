import { wantsPage } from "#/kernel/http";
import type { RateRule, RateVerdict } from "#/kernel/rate-limit";
import type { CompiledForm } from "../catalogue/compile-form";
import type { Language } from "../pages/languages";
import { chooseLanguage } from "./negotiate";
import type { Posted } from "./read-post";

/** One post on its way: what is known of it so far, which is what its answer can be made of. */
export type Visit = {
  request: Request;
  form: CompiledForm;
  /** The path that was posted to. */
  door: string;
  /** Whether the visitor gets a page rather than JSON. */
  page: boolean;
  language: Language;
  posted?: Posted;
  /** Origin of the page the visitor began on; undefined when the browser did not say. */
  origin?: string | undefined;
  /** The rule that the answer's `RateLimit` headers speak of. */
  rate?: { rule: RateRule; verdict: RateVerdict };
  /** The `_id` to put on a page that asks to send again, where it must not be a new one. */
  pageId?: () => string;
};

/** Begins with the headers alone: the body may never be readable. */
export function openVisit(form: CompiledForm, door: string, request: Request): Visit {
  return {
    request,
    form,
    door,
    page: wantsPage(request.headers),
    language: speak(form, request, undefined),
  };
}

/** The body may say more about how the visitor wants to be answered. */
export function learnBody(visit: Visit, posted: Posted): void {
  visit.posted = posted;
  visit.page &&= !posted.control.wantsJson;
  if (posted.control.language) visit.language = speak(visit.form, visit.request, posted.control.language);
}

const speak = ({ definition }: CompiledForm, { headers }: Request, asked: string | undefined) =>
  chooseLanguage(asked, headers.get("accept-language"), definition.language);
