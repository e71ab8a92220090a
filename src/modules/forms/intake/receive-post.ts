import { within } from "#/kernel/db/within";
import { AppError, unavailable } from "#/kernel/errors";
import { clientOf, contextOf, readBytes } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import { nameError } from "#/kernel/log";
import type { CompiledForm } from "../catalogue/compile-form";
import { isOpen } from "../catalogue/form-definition";
import { originsOf } from "../catalogue/form-origins";
import { createPageTokens } from "../screening/page-token";
import { membersOf } from "../waitlist/answer-members";
import { answerRefused, answerStored } from "./answer-post";
import { checkOrigin } from "./check-origin";
import { createComposer } from "./compose-submission";
import type { IntakeQueue, Receipt } from "./intake-queue";
import { createPostLimits } from "./limit-posts";
import { observeArrival } from "./observe-arrival";
import { createPageOrigins } from "./page-origin";
import { readPost } from "./read-post";
import { refuseFields } from "./refuse-fields";
import { readIdempotencyKey } from "./retry-identifier";
import { learnBody, openVisit, type Visit } from "./visit";
import { watchFlood } from "./watch-flood";

const MAX_BODY_BYTES = 1024 * 1024;
/** The longest text a form takes, 256 KB, at 4 KB a second. */
const MAX_BODY_MS = 64_000;
/** Whether a message that is over a rate had arrived before is worth no longer wait than this. */
const FIND_MS = 1_000;

export type ReceivePost = (form: CompiledForm, door: string, request: Request) => Promise<Response>;

/**
 * From a request to its answer. Refused before it is stored is only what the sender can mend: a broken or too
 * large body, a closed form, a foreign origin, a field, a captcha, a rate, overload. Everything else is stored first and
 * judged afterwards; the answer follows the commit.
 */
export function createPostReceiver(
  kernel: Pick<Kernel, "captcha" | "config" | "database" | "db" | "limits" | "log" | "mail" | "now">,
  intake: Pick<IntakeQueue, "submit" | "find">,
): ReceivePost {
  const { config, database, log } = kernel;
  const limits = createPostLimits(kernel);
  const origins = createPageOrigins(config);
  const tokens = createPageTokens(config, () => kernel.now());
  const isFlooded = watchFlood(config);
  const { compose, issueTicket } = createComposer(kernel);
  const answers = { config, origins, tokens };

  const take = async (visit: Visit): Promise<Receipt> => {
    const { request, form } = visit;
    const client = clientOf(request);
    const began = performance.now();
    await limits.attempt(visit, client);
    if (!isOpen(form.definition, kernel.now()))
      throw new AppError(403, "form_closed", "This form takes no more messages");
    const from = checkOrigin(request, originsOf(config, form.definition));
    const headerKey = readIdempotencyKey(request.headers.get("idempotency-key"));

    const reading = performance.now();
    const posted = await readVisitor(visit);
    // What the visitor waits for us: while the database hangs, the limits have spent some of it before the queue.
    const arrived = began + (performance.now() - reading);
    visit.origin = (from.own ? origins.open(posted.control.from) : undefined) ?? from.origin;
    const checked = form.check(posted, visit.language);
    if (!checked.ok) throw refuseFields(visit.door, checked);

    const facts = observeArrival({ kernel, tokens, limits }, visit, { client, from });
    const submission = compose(visit, checked, { client, headerKey, intake: facts });
    try {
      await limits.accept(visit, client);
    } catch (refusal) {
      // Whoever repeats a message that arrived is told so, however many others were sent.
      const earlier = await within(FIND_MS, intake.find(submission)).catch(() => undefined);
      if (!earlier) throw refusal;
      delete visit.rate;
      return earlier;
    }
    if (isFlooded(form.definition.slug)) facts.flood = true;
    if (!database.hasRoom()) throw unavailable("There is no room to store this message", 60);
    visit.pageId = () => posted.control.id ?? issueTicket(submission);
    const receipt = await intake.submit(submission, arrived);
    if (receipt.replayed) await limits.giveBack(visit, client);
    return receipt;
  };

  /** A fault of ours, such as a row that the database will not take, must not cost the visitor their text. */
  const failed = ({ request }: Visit, error: unknown): AppError => {
    const { id, route } = contextOf(request);
    const cause = (error as Error | undefined)?.cause ?? error;
    log("error", "request.failed", { requestId: id, route, status: 500, ...nameError(cause) });
    return new AppError(500, "internal", "Something went wrong on our side");
  };

  return async (form, door, request) => {
    const visit = openVisit(form, door, request);
    try {
      const receipt = await take(visit);
      const members = visit.page ? undefined : await membersOf(kernel, form.definition, receipt.id);
      return answerStored(answers, visit, receipt, members);
    } catch (error) {
      const refusal = error instanceof AppError ? error : failed(visit, error);
      if (refusal.status === 429 && visit.page && !visit.posted) await rescueText(visit);
      return answerRefused(answers, visit, refusal);
    }
  };
}

async function readVisitor(visit: Visit) {
  const { form, request } = visit;
  const bytes = await readBytes(request, MAX_BODY_BYTES, { timeoutMs: MAX_BODY_MS });
  const posted = readPost(form, bytes, request.headers.get("content-type"));
  learnBody(visit, posted);
  return posted;
}

/** A visitor who came too often still gets the text back, so the body is read for the page alone. */
async function rescueText(visit: Visit): Promise<void> {
  try {
    await readVisitor(visit);
  } catch {
    // It cannot be read; the page says only how long to wait.
  }
}
