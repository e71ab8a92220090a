import { type Static, t } from "elysia";
import { type CorsPolicy, corsHeaders, originAllowed } from "#/kernel/http";
import { oneOf } from "#/kernel/http/one-of";
import type { Kernel } from "#/kernel/kernel";
import { checkOrigin } from "../intake/check-origin";
import { chooseNext } from "../intake/choose-next";
import { readBody } from "../intake/read-body";
import type { CompiledForm } from "./compile-form";
import { isOpen } from "./form-definition";
import { originsOf } from "./form-origins";

/** A post that nobody sent. */
export type Supposed = { origin: string; content_type?: string; next?: string };

const checks = ["open", "origin", "cors", "content_type", "captcha", "next"] as const;
const Check = t.Object({
  check: oneOf([...checks], { examples: ["origin"] }),
  passes: t.Boolean({ examples: [true] }),
  says: t.String({ examples: ["The form is open to every site"] }),
});
export const Explanation = t.Object({ checks: t.Array(Check) });
type Finding = Omit<Static<typeof Check>, "check">;
type Needs = Pick<Kernel, "config" | "now">;

/**
 * What each check would decide of a post from a page, in the order in which they are made; the rates and the fields of
 * an actual message come beside. Asks the functions that decide of real posts.
 */
export function explainPost(kernel: Needs, form: CompiledForm, post: Supposed): Static<typeof Check>[] {
  const policy = originsOf(kernel.config, form.definition);
  const findings: Record<(typeof checks)[number], Finding> = {
    open: explainOpen(kernel, form),
    origin: explainOrigin(policy, form, post),
    cors: explainCors(policy, post),
    content_type: explainType(post),
    captcha: explainCaptcha(form),
    next: explainNext(kernel, policy, form, post),
  };
  return checks.map((check) => ({ check, ...findings[check] }));
}

function explainOpen({ now }: Needs, { definition }: CompiledForm): Finding {
  if (isOpen(definition, now())) {
    const until = definition.closesAt === undefined ? "" : ` until ${definition.closesAt}`;
    return { passes: true, says: `The form takes messages${until}` };
  }
  const why = definition.open ? `since ${definition.closesAt}` : "by its setting open";
  return { passes: false, says: `The form is closed ${why}: 403 form_closed` };
}

function explainOrigin(policy: CorsPolicy, { definition }: CompiledForm, { origin }: Supposed): Finding {
  const list = definition.allowedOrigins.length > 0 ? "the list of the form" : "the list of the service";
  if (policy.open) return { passes: true, says: "The form is open to every site" };
  try {
    checkOrigin(new Request("http://gatehouse.invalid", { headers: { origin } }), policy);
  } catch {
    return { passes: false, says: `This origin is not on ${list}: 403 origin_refused` };
  }
  const isOwn = originAllowed(origin, [], policy.publicUrl);
  return { passes: true, says: isOwn ? "This is the address of the service" : `This origin is on ${list}` };
}

function explainCors(policy: CorsPolicy, { origin }: Supposed): Finding {
  const [allowed] = corsHeaders(policy, origin);
  if (!allowed) return { passes: false, says: "A script of this page reads no answer, not even a refusal" };
  const whom = policy.open ? "of every site" : "of this origin";
  return { passes: true, says: `Scripts ${whom} read every answer, refusals too` };
}

function explainType({ content_type }: Supposed): Finding {
  if (content_type === undefined)
    return { passes: true, says: "A browser names the type of a form by itself" };
  try {
    readBody(new Uint8Array(), content_type);
  } catch {
    return { passes: false, says: "This type of body is not taken: 415 unsupported_media_type" };
  }
  return /^application\/json\b/i.test(content_type.trim())
    ? { passes: true, says: "JSON is taken; a browser asks by OPTIONS first, and the answer is JSON" }
    : { passes: true, says: "It is taken; a browser sends it without asking first" };
}

function explainCaptcha({ definition: { captcha } }: CompiledForm): Finding {
  if (!captcha) return { passes: true, says: "The form asks for no captcha" };
  return captcha.required
    ? { passes: false, says: `Without an answer of ${captcha.provider}: 403 captcha_required` }
    : {
        passes: true,
        says: `An answer of ${captcha.provider} is judged with the message, and may be missing`,
      };
}

function explainNext(
  { config }: Needs,
  { open, allowed, publicUrl }: CorsPolicy,
  { definition }: CompiledForm,
  { next, origin }: Supposed,
): Finding {
  const otherwise = definition.next === undefined ? "to the thank-you page" : "to the form's own next";
  if (next === undefined) return { passes: true, says: `A browser is led ${otherwise}` };
  const isListed = open ? undefined : (one: string) => originAllowed(one, allowed, publicUrl);
  const place = chooseNext(next, { publicUrl: config.PUBLIC_URL, isListed, postedFrom: origin });
  return place === undefined
    ? { passes: false, says: `This place is ignored, and a browser is led ${otherwise}` }
    : { passes: true, says: "A browser is led to this place" };
}
