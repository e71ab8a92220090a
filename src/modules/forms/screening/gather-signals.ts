import type { CaptchaVerdict } from "#/kernel/captcha";
import type { Db } from "#/kernel/db";
import { hostAllowed } from "#/kernel/http";
import type { Kernel } from "#/kernel/kernel";
import type { FormDefinition } from "../catalogue/form-definition";
import { captchaJudgeOf } from "../intake/choose-captcha";
import type { Submission } from "../queries";
import { receivedAt } from "../received-at";
import type { Reason } from "../tables";
import { type AltchaVerdict, createAltcha } from "./altcha";
import { arrivalSignal } from "./arrival-signals";
import { type CaptchaFinding, captchaSignal } from "./captcha-signals";
import { contentSignal } from "./content-signals";
import { learnedReasons } from "./learned-reasons";
import { PAGE_TOKEN_SECONDS } from "./page-token";
import { evidenceSignal, readEvidence } from "./read-evidence";
import type { Signal } from "./signal";
import { rulesSignal } from "./spam-rule";
import { spendTokens, type Use } from "./spend-tokens";
import { tokenSignal } from "./token-signals";

/** A message with the form it was checked with; that may be gone. */
export type Unjudged = { submission: Submission; form: FormDefinition | undefined };

/**
 * Everything that speaks for or against these messages, by their ids. One statement for all of them, and a second one
 * where page tokens or solved challenges came along: how often each was used is counted in the caller's transaction.
 * `answered`: what the providers of captchas said, asked before this transaction.
 */
export async function gatherSignals(
  kernel: Pick<Kernel, "config" | "db" | "now">,
  tx: Db,
  messages: readonly Unjudged[],
  answered: ReadonlyMap<string, CaptchaVerdict>,
): Promise<Map<string, Signal[]>> {
  const solved = verifyAltcha(kernel, messages);
  const evidence = await readEvidence(
    tx,
    messages.map(({ submission }) => submission),
  );
  const uses = await countUses(tx, messages, solved);
  const learned = await learnedReasons(
    kernel,
    tx,
    messages.map(({ submission }) => submission),
  );

  return new Map(
    messages.map(({ submission, form }) => {
      const { id, fields, intake } = submission;
      const own = solved.get(id);
      const replayed = own?.passed && (uses.get(`altcha ${id}`) ?? 1) > 1;
      const verdict = replayed ? { ...own, passed: false, errors: ["replayed"] } : (own ?? answered.get(id));
      const finding = verdict && {
        verdict,
        carried: intake?.captcha?.carried ?? false,
        own: own !== undefined,
      };
      const token = { required: form?.tokenRequired ?? false, uses: uses.get(`page ${id}`) ?? 1 };
      const signals = [
        arrivalSignal(intake),
        tokenSignal(intake?.pageToken, token),
        captchaSignalOf(kernel, form, finding),
        contentSignal(fields, form),
        evidenceSignal(evidence, id),
        rulesSignal(evidence.rules, submission),
        learnedSignal(learned.get(id)),
      ];
      return [id, signals];
    }),
  );
}

const learnedSignal = (reason: Reason | undefined): Signal => ({ reasons: reason ? [reason] : [] });

/** Ours can be judged here and now. What counts is when it was sent, not when somebody came to judge it. */
function verifyAltcha(
  { config }: Pick<Kernel, "config">,
  messages: readonly Unjudged[],
): Map<string, AltchaVerdict> {
  const found = messages.flatMap(({ submission: { id, form, intake } }) => {
    const captcha = intake?.captcha;
    return captcha && captchaJudgeOf(captcha.field) === "altcha"
      ? [{ id, form, answer: captcha.answer }]
      : [];
  });
  if (found.length === 0) return new Map();
  const altcha = createAltcha(config);
  return new Map(found.map(({ id, form, answer }) => [id, altcha.verify(answer, form, receivedAt(id))]));
}

/** The how manyth use it was, by kind and message. */
async function countUses(
  tx: Db,
  messages: readonly Unjudged[],
  solved: ReadonlyMap<string, AltchaVerdict>,
): Promise<Map<string, number>> {
  const uses: (Use & { id: string })[] = [];
  for (const { submission } of messages) {
    const { id, intake } = submission;
    const token = intake?.pageToken;
    if (typeof token === "object") {
      const left = (PAGE_TOKEN_SECONDS - token.ageSeconds) * 1000;
      uses.push({
        id,
        kind: "page",
        value: token.nonce,
        expiresAt: new Date(receivedAt(id).getTime() + left),
      });
    }
    const { challenge, expiresAt } = solved.get(id) ?? {};
    if (challenge && expiresAt) uses.push({ id, kind: "altcha", value: challenge, expiresAt });
  }
  const counted = await spendTokens(tx, uses);
  return new Map(uses.map(({ kind, id }, at) => [`${kind} ${id}`, counted[at] ?? 1]));
}

function captchaSignalOf(
  { config }: Pick<Kernel, "config">,
  form: FormDefinition | undefined,
  finding: CaptchaFinding | undefined,
): Signal {
  const allowed = form?.allowedOrigins.length ? form.allowedOrigins : config.allowedOrigins;
  const isOpen = allowed.length === 0 || allowed.includes("*");
  return captchaSignal(finding, {
    choice: form?.captcha,
    down: config.FORMS_CAPTCHA_DOWN,
    hostAllowed: (host) => isOpen || hostAllowed(host, allowed, config.PUBLIC_URL),
  });
}
