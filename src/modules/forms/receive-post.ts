import type { Config } from "#/kernel/config";
import { AppError, unavailable } from "#/kernel/errors";
import { clientOf, formsCors, readBytes } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { RateRule } from "#/kernel/rate-limit";
import { answerRefused, answerStored } from "./answer-post";
import { checkOrigin } from "./check-origin";
import type { Checked, CompiledForm } from "./compile-form";
import { contentHash } from "./content-hash";
import type { IntakeQueue, Receipt } from "./intake-queue";
import { createPageOrigins } from "./page-origin";
import { readPost } from "./read-post";
import { refuseFields } from "./refuse-fields";
import { readIdempotencyKey } from "./retry-identifier";
import { createRetryTickets, retryKey } from "./retry-keys";
import { learnBody, openVisit, type Visit } from "./visit";

const MAX_BODY_BYTES = 1024 * 1024;

export type ReceivePost = (form: CompiledForm, door: string, request: Request) => Promise<Response>;

/**
 * From a request to its answer. Refused before it is stored is only what the sender can mend: a broken or too
 * large body, a closed form, a foreign origin, a field, a rate, overload. Everything else is stored first and
 * judged afterwards; the answer follows the commit.
 */
export function createPostReceiver(
  { config, database, limits }: Pick<Kernel, "config" | "database" | "limits">,
  intake: Pick<IntakeQueue, "submit" | "find">,
): ReceivePost {
  const policy = formsCors(config);
  const rules = readRules(config);
  const origins = createPageOrigins(config);
  const tickets = createRetryTickets(config);
  const answers = { config, origins };

  const take = async (visit: Visit): Promise<Receipt> => {
    const { request, form } = visit;
    const client = clientOf(request);
    await spend(visit, rules.attempts, client.key);
    if (!form.definition.open) throw new AppError(403, "form_closed", "This form takes no more messages");
    const from = checkOrigin(request, policy);
    const headerKey = readIdempotencyKey(request.headers.get("idempotency-key"));

    const posted = readPost(
      form,
      await readBytes(request, MAX_BODY_BYTES),
      request.headers.get("content-type"),
    );
    learnBody(visit, posted);
    visit.origin = (from.own ? origins.open(posted.control.from) : undefined) ?? from.origin;
    const checked = form.check(posted, visit.language);
    if (!checked.ok) throw refuseFields(visit.door, checked);

    const originUnknown = from.origin === undefined;
    const submission = compose(visit, checked, { headerKey, client, originUnknown });
    try {
      await spend(visit, rules.client, client.key);
      await spend(visit, rules.clientForm, `${form.definition.slug} ${client.key}`);
    } catch (refusal) {
      // Whoever repeats a message that arrived is told so, however many others were sent.
      const earlier = await intake.find(submission).catch(() => undefined);
      if (earlier) return earlier;
      throw refusal;
    }
    if (!database.hasRoom()) throw unavailable("There is no room to store this message", 60);
    visit.pageId = () => posted.control.id ?? tickets.issue(submission);
    const receipt = await intake.submit(submission);
    if (receipt.replayed) await giveBack(submission.form, client.key);
    return receipt;
  };

  const spend = async (visit: Visit, rule: RateRule, client: string): Promise<void> => {
    const verdict = await limits.consume(rule, client);
    visit.rate = { rule, verdict };
    if (verdict.allowed) return;
    const seconds = verdict.retryAfter;
    throw new AppError(429, "rate_limited", `Too many messages. Try again in ${seconds} seconds.`, {
      retryAfter: seconds,
    });
  };

  const giveBack = async (form: string, client: string): Promise<void> => {
    await limits.giveBack(rules.client, client);
    await limits.giveBack(rules.clientForm, `${form} ${client}`);
  };

  const compose = (
    { request, form, door, language, posted, origin }: Visit,
    { fields, emailNormalised, replyTo }: Extract<Checked, { ok: true }>,
    arrival: {
      headerKey: string | undefined;
      client: { address: string; key: string };
      originUnknown: boolean;
    },
  ) => {
    const { headers } = request;
    const { slug } = form.definition;
    const control = posted?.control;
    const hash = contentHash(fields);
    const { headerKey, client, originUnknown } = arrival;
    const windowSeconds = config.FORMS_DUPLICATE_WINDOW;
    const [honeypot] = control?.honeypots ?? [];
    return {
      id: tickets.redeem(control?.id, { form: slug, contentHash: hash }) ?? Bun.randomUUIDv7(),
      form: slug,
      door,
      fields,
      language,
      emailNormalised: emailNormalised ?? null,
      subject: control?.subject ?? null,
      replyTo: replyTo ?? null,
      client: client.address,
      userAgent: headers.get("user-agent")?.slice(0, 512) ?? null,
      origin: origin ?? null,
      contentHash: hash,
      intake: { ...(honeypot && { honeypot }), ...(originUnknown && { originUnknown }) },
      ...retryKey({ headerKey, pageId: control?.id, client: client.key, contentHash: hash, windowSeconds }),
    };
  };

  return async (form, door, request) => {
    const visit = openVisit(form, door, request);
    try {
      return answerStored(answers, visit, await take(visit));
    } catch (error) {
      if (error instanceof AppError) return answerRefused(answers, await rescueText(visit, error), error);
      throw error;
    }
  };
}

/** A visitor who came too often still gets the text back, so the body is read for the page alone. */
async function rescueText(visit: Visit, refusal: AppError): Promise<Visit> {
  const { form, request } = visit;
  if (refusal.status !== 429 || !visit.page || visit.posted) return visit;
  try {
    learnBody(
      visit,
      readPost(form, await readBytes(request, MAX_BODY_BYTES), request.headers.get("content-type")),
    );
  } catch {
    // It cannot be read; the page says only how long to wait.
  }
  return visit;
}

function readRules(config: Config) {
  return {
    attempts: { name: "form-attempts", ...config.FORMS_RATE_ATTEMPTS },
    client: { name: "forms", ...config.FORMS_RATE_CLIENT },
    clientForm: { name: "form", ...config.FORMS_RATE_CLIENT_FORM },
  };
}
