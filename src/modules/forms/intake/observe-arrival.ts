import { AppError } from "#/kernel/errors";
import type { Client } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { PageTokens } from "../screening/page-token";
import type { IntakeFacts } from "../tables";
import type { PageOrigin } from "./check-origin";
import { chooseCaptcha } from "./choose-captcha";
import type { createPostLimits } from "./limit-posts";
import type { Visit } from "./visit";

type Needs = {
  kernel: Pick<Kernel, "captcha">;
  tokens: PageTokens;
  limits: Pick<ReturnType<typeof createPostLimits>, "isPenalised">;
};

/**
 * What the judge will want to know of a post and the row does not say; nothing is judged here. Refuses with 403
 * `captcha_required` where the form demands an answer and none came.
 */
export function observeArrival(
  { kernel, tokens, limits }: Needs,
  { form: { definition }, posted }: Visit,
  { client, from }: { client: Client; from: PageOrigin },
): IntakeFacts {
  const control = posted?.control;
  const [honeypot] = control?.honeypots ?? [];
  const captcha = chooseCaptcha(definition.captcha, control?.captcha, kernel.captcha.configured);
  if (!captcha && definition.captcha?.required)
    throw new AppError(403, "captcha_required", "This form needs its captcha to be solved");
  const pageToken = tokens.read(control?.pageToken, definition.slug);
  return {
    ...(honeypot && { honeypot }),
    ...(from.origin === undefined && { originUnknown: true }),
    ...(captcha && { captcha: from.own ? { ...captcha, carried: true } : captcha }),
    ...(pageToken && { pageToken }),
    ...(limits.isPenalised(client) && { penalised: true }),
  };
}
